import { type NetTcpRows, RowCursor, addRow, parseProcNetTcp, parseRow } from "./proc-net-tcp.ts";
import type { SurveyedSocket, SurveyedTimeWait } from "../../model/events/survey.ts";

type Row = SurveyedSocket | SurveyedTimeWait | null;

const FIRST_BYTES = 64 * 1024;
/** The most that is remembered of a table, 400,000 rows; the rest is parsed every time. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Rows of mini-sockets count down, so they always differ: with this many more of them than of sockets, rows are not
 * remembered. */
const MOST_MINIS = 4096;
/** How far a row may have moved among its neighbours. */
const REACH = 8;
/** The length of ` local:port remote:port ` of IPv4 and of IPv6, and of a row that has the latter. */
const TUPLE_BYTES = 28;
const LONG_TUPLE_BYTES = 76;
const LONG_ROW_BYTES = 120;

/**
 * Parses a table of /proc/net/tcp repeatedly. Most rows differ from the last reading only in their row number: those
 * are compared instead of parsed, and yield the same objects as before.
 */
export class KnownRows {
  readonly #netns: number;
  #before = new Remembered();
  #now = new Remembered();
  /** Which row of the last reading the next one is expected to be. */
  #expected = 0;

  constructor(netns: number) {
    this.#netns = netns;
  }

  /** The next run of whole lines of the table. Adds the parsed rows to `rows`. */
  parse(lines: Uint8Array, rows: NetTcpRows): void {
    const minis = rows.timeWaits.length - rows.sockets.length;
    const from = minis > MOST_MINIS ? null : this.#now.append(lines);
    if (from === null) {
      parseProcNetTcp(lines, this.#netns, rows);
      return;
    }
    if (this.#takeAll(lines, from, rows)) return;
    const cursor = new RowCursor(this.#now.bytes, from, from + lines.length);
    while (cursor.nextRow()) {
      if (!cursor.skipNumber()) continue;
      const start = cursor.at;
      const known = this.#find(start, cursor.end);
      const row = known < 0 ? parseRow(cursor, this.#netns) : (this.#before.rows[known] ?? null);
      if (row !== null) addRow(rows, row);
      const end = known < 0 ? cursor.at : start + this.#before.lengthOf(known);
      this.#now.note(start, row === null ? start : end, row);
      this.#expected = (known < 0 ? this.#expected : known) + 1;
    }
  }

  /** If a run of lines is the same as at that place last time, so are all its rows. */
  #takeAll(lines: Uint8Array, from: number, rows: NetTcpRows): boolean {
    const until = this.#before.sameRun(lines, from, this.#expected);
    if (until === null) return false;
    for (; this.#expected < until; this.#expected += 1) {
      const row = this.#before.rows[this.#expected] ?? null;
      if (row !== null) addRow(rows, row);
      this.#now.copy(this.#before, this.#expected);
    }
    return true;
  }

  /** The next run of lines is the start of the table. What was read since the last `end` is dropped. */
  begin(): void {
    this.#now.forget();
    this.#expected = 0;
  }

  /** The table has been read to its end. */
  end(): void {
    [this.#before, this.#now] = [this.#now, this.#before];
  }

  /** Which row of the last reading has the same fields as the one that begins at `start`; -1 when none near it has. */
  #find(start: number, end: number): number {
    if (this.#before.rows.length === 0) return -1;
    const { bytes } = this.#now;
    const expected = this.#expected;
    const alike = this.#before.alike(expected, bytes, start, end);
    const length = this.#before.lengthOf(expected);
    if (alike === length && length > 0) return expected;
    // The same socket, and something about it has changed.
    if (alike >= (length > LONG_ROW_BYTES ? LONG_TUPLE_BYTES : TUPLE_BYTES)) return -1;
    for (let distance = 1; distance <= REACH; distance += 1) {
      for (const near of [expected + distance, expected - distance]) {
        const size = this.#before.lengthOf(near);
        if (size > 0 && this.#before.alike(near, bytes, start, end) === size) return near;
      }
    }
    return -1;
  }
}

/** The tables of all namespaces, as they were last read. */
export class KnownTables {
  readonly #tables = new Map<number, NamespaceRows>();

  of(netns: number): NamespaceRows {
    const known = this.#tables.get(netns);
    if (known !== undefined) return known;
    const rows = { ipv4: new KnownRows(netns), ipv6: new KnownRows(netns) };
    this.#tables.set(netns, rows);
    return rows;
  }

  /** Forgets the tables of all other namespaces. */
  keep(namespaces: readonly number[]): void {
    for (const netns of this.#tables.keys()) if (!namespaces.includes(netns)) this.#tables.delete(netns);
  }
}

/** /proc/net/tcp and tcp6 of a namespace. */
export interface NamespaceRows {
  readonly ipv4: KnownRows;
  readonly ipv6: KnownRows;
}

/** The rows of one reading, as bytes and parsed. */
class Remembered {
  bytes = Buffer.allocUnsafe(FIRST_BYTES);
  readonly rows: Row[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #filled = 0;

  /** The place where the lines are kept; null if there is no room for them. */
  append(lines: Uint8Array): number | null {
    const from = this.#filled;
    if (from + lines.length > MOST_BYTES) return null;
    if (from + lines.length > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * this.bytes.length, from + lines.length));
      this.bytes.copy(larger, 0, 0, from);
      this.bytes = larger;
    }
    this.bytes.set(lines, from);
    this.#filled += lines.length;
    return from;
  }

  /** Adds a row, which was read from `start`, after its number, to `end`, after its last field. */
  note(start: number, end: number, row: Row): void {
    this.#starts.push(start);
    this.#ends.push(end);
    this.rows.push(row);
  }

  /** As `note`, for a row at the same place in another reading. */
  copy(other: Remembered, index: number): void {
    this.note(other.#starts[index] ?? 0, other.#ends[index] ?? 0, other.rows[index] ?? null);
  }

  /**
   * The index after the last row of `lines`, if the same bytes are at `from` and their first row has this index; null
   * otherwise.
   */
  sameRun(lines: Uint8Array, from: number, index: number): number | null {
    const to = from + lines.length;
    if (to > this.#filled || (this.#starts[index] ?? 0) < from || (this.#starts[index - 1] ?? -1) >= from) return null;
    if (this.bytes.compare(lines, 0, lines.length, from, to) !== 0) return null;
    let until = index;
    while (until < this.#starts.length && (this.#starts[until] ?? 0) < to) until += 1;
    return until;
  }

  /** 0 when there is no such row. */
  lengthOf(index: number): number {
    return (this.#ends[index] ?? 0) - (this.#starts[index] ?? 0);
  }

  /** How many bytes of a row equal those from `start` on; -1 when the last field there is longer than the row's. */
  alike(index: number, bytes: Buffer, start: number, end: number): number {
    const length = this.lengthOf(index);
    const from = this.#starts[index] ?? 0;
    const most = Math.min(length, end - start);
    let same = 0;
    while (same < most && this.bytes[from + same] === bytes[start + same]) same += 1;
    // The last field may be longer now.
    const isWhole = same < length || start + same === end || bytes[start + same] === 0x20;
    return isWhole ? same : -1;
  }

  forget(): void {
    this.rows.length = 0;
    this.#starts.length = 0;
    this.#ends.length = 0;
    this.#filled = 0;
  }
}
