import { CommCache, LONGEST_NAME } from "./comm-cache.ts";
import { HexFields } from "./hex-fields.ts";
import { noneSent, type Pair, PAIRS, type SentCounts } from "./sent-counts.ts";
import { LINE, WireLine } from "./wire-line.ts";

/** What the decoder tells of the lines it reads; probes/README.md is the contract of the lines. */
export interface WireSink {
  /** A line with an event, which is another one after the call. */
  event(line: WireLine, cpu: number): void;
  /** Lines with a transition that this CPU has sent since the tracer started, by pair; another one's after the call. */
  heartbeat(cpu: number, sent: SentCounts, at: number): void;
  /** The tracer has ended, and this CPU has sent so many lines of this pair. */
  finalCount(cpu: number, pair: Pair, sent: number): void;
  /** The answer to askTracer(): `emitted` lines with an event had been sent by this CPU at this time. */
  answer(cpu: number, emitted: number, at: number): void;
  anchor(at: number): void;
  /** A line that begins as one of ours and cannot be read. */
  malformed(): void;
  /** A line of no kind that the tracer prints; a recording has such. `line` is gone after the call. */
  other?(line: Buffer): void;
}

export interface WireOptions {
  /** A recording's times count from the line before; a tracer's are whole. */
  readonly isRelative?: boolean;
  /** Longer lines are passed over; in bytes. */
  readonly longestLine?: number;
}

const NEWLINE = 10;
const SPACE = 32;
const BAR = 124;
const AT = 64;
/* The kinds of line that tell no event, by their first letter. */
const HEARTBEAT = 0x48; // H
const ANSWER = 0x51; // Q
const ANCHOR = 0x41; // A

const EVENTS: ReadonlySet<number> = new Set(Object.values(LINE));

/** No line of ours is shorter, and no piece of a process name is as long. */
const SHORTEST_LINE = 16;
const LONGEST_LINE = 512;
/** Of a heartbeat's counts so many are read at a time. */
const COUNTS_AT_ONCE = 8;

/** Decodes the tracer's lines from bytes that arrive in any pieces. Pure but for its own buffer of one line. */
export class WireDecoder {
  readonly #sink: WireSink;
  readonly #names = new CommCache();
  readonly #event = new WireLine();
  readonly #fields = new HexFields();
  readonly #sent = noneSent();
  readonly #isRelative: boolean;
  readonly #longestLine: number;
  /** What times count from. */
  base = 0;
  /** The beginning of a line whose end has not come yet. */
  #partial: Buffer = Buffer.alloc(0);
  /** A whole line but for the rest of its process name, which has a newline in it. */
  #open: Buffer | null = null;
  #skipping = false;

  constructor(sink: WireSink, { isRelative = false, longestLine = LONGEST_LINE }: WireOptions = {}) {
    this.#sink = sink;
    this.#isRelative = isRelative;
    this.#longestLine = longestLine;
  }

  push(chunk: Buffer): void {
    const bytes = this.#partial.length === 0 ? chunk : Buffer.concat([this.#partial, chunk]);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    let start = 0;
    while (start < end) start = this.#line(bytes, start);
    this.#keepPartial(bytes.subarray(end));
  }

  #keepPartial(rest: Buffer): void {
    if (rest.length > this.#longestLine) this.#skipping = true;
    this.#partial = this.#skipping ? Buffer.alloc(0) : Buffer.from(rest);
  }

  /** Reads the line that begins at `start`; returns where the next one begins. */
  #line(bytes: Buffer, start: number): number {
    const kind = bytes[start];
    if (this.#open === null && !this.#skipping) {
      const end = this.#eventLine(bytes, start, kind);
      if (end > 0) return end;
    }
    return this.#rareLine(bytes, start);
  }

  /**
   * Decodes a line with an event; returns where the next one begins, or -1 when this is none, or not whole. `newline` is
   * where the line ends, if that is known: the name may hold newlines then.
   */
  #eventLine(bytes: Buffer, start: number, kind: number | undefined, newline = -1): number {
    if (kind === undefined || !EVENTS.has(kind)) return -1;
    const line = this.#event;
    line.kind = kind;
    const end = line.fields.read(bytes, start + 1, line.count);
    if (end < 0) return -1;
    const { hasTask } = line;
    const nameEnd = hasTask ? nameEndAt(bytes, end, newline) : end;
    if (nameEnd - start < SHORTEST_LINE || bytes[nameEnd] !== (hasTask ? BAR : NEWLINE) || !line.isSound) return -1;
    line.at = this.base + line.fields.number(0);
    if (this.#isRelative) this.base = line.at;
    if (hasTask) line.comm = this.#names.text(bytes, end + 1, nameEnd);
    this.#sink.event(line, line.cpu);
    return nameEnd + (hasTask ? 2 : 1);
  }

  #rareLine(bytes: Buffer, start: number): number {
    const newline = bytes.indexOf(NEWLINE, start);
    const line = bytes.subarray(start, newline);
    if (this.#skipping) this.#skipping = false;
    else if (this.#open !== null) this.#continueName(this.#open, line);
    else this.#wholeLine(line);
    return newline + 1;
  }

  #wholeLine(line: Buffer): void {
    const kind = line[0];
    if (line.length < SHORTEST_LINE) return;
    if (kind === AT) return this.#finalCount(line);
    // bpftrace's own words, such as `Attaching 5 probes...`.
    if (line[1] !== SPACE) return this.#sink.other?.(line);
    const named = kind === LINE.v4Task || kind === LINE.v6Task || kind === LINE.accept;
    if (named && line.at(-1) !== BAR && line.length < LONGEST_LINE) this.#open = Buffer.from(line);
    else if (!this.#decode(Buffer.concat([line, Buffer.of(NEWLINE)]))) this.#sink.malformed();
  }

  /** A process name with newlines in it arrives as one line and then short ones, the last of which ends in a bar. */
  #continueName(open: Buffer, line: Buffer): void {
    this.#open = null;
    if (line.length >= SHORTEST_LINE) {
      if (!this.#decode(Buffer.concat([open, Buffer.of(BAR, NEWLINE)]))) this.#sink.malformed();
      this.#line(Buffer.concat([line, Buffer.of(NEWLINE)]), 0);
      return;
    }
    const joined = Buffer.concat([open, Buffer.of(NEWLINE), line]);
    if (line.at(-1) !== BAR && joined.length < LONGEST_LINE) this.#open = joined;
    else if (!this.#decode(Buffer.concat([joined, Buffer.of(NEWLINE)]))) this.#sink.malformed();
  }

  /** Decodes one whole line with its newline; false when it is of ours and wrong. */
  #decode(line: Buffer): boolean {
    const kind = line[0];
    if (kind === HEARTBEAT) return this.#heartbeat(line);
    if (kind === ANSWER) return this.#answer(line);
    if (kind === ANCHOR) return this.#anchor(line);
    return this.#eventLine(line, 0, kind, line.length - 1) > 0;
  }

  #answer(line: Buffer): boolean {
    const end = this.#fields.read(line, 1, 3);
    if (end !== line.length - 1) return false;
    this.#sink.answer(this.#fields.number(1), this.#fields.number(2), this.#fields.number(0));
    return true;
  }

  #heartbeat(line: Buffer): boolean {
    let end = this.#fields.read(line, 1, 3);
    if (end < 0) return false;
    const [at, cpu, emitted] = [this.#fields.number(0), this.#fields.number(1), this.#fields.number(2)];
    let apart = 0;
    for (let place = 1; place < PAIRS.length; place += COUNTS_AT_ONCE) {
      end = this.#fields.read(line, end, COUNTS_AT_ONCE);
      if (end < 0) return false;
      for (let field = 0; field < COUNTS_AT_ONCE; field++) {
        const count = this.#fields.number(field);
        this.#sent[place + field] = count;
        apart += count;
      }
    }
    if (end !== line.length - 1 || apart > emitted) return false;
    this.#sent[0] = emitted - apart;
    this.#sink.heartbeat(cpu, this.#sent, at);
    return true;
  }

  #anchor(line: Buffer): boolean {
    const end = this.#fields.read(line, 1, 1);
    if (end !== line.length - 1) return false;
    this.#sink.anchor(this.#fields.number(0));
    return true;
  }

  /** bpftrace prints the counts once more when it ends, as maps: `@transitions_sent[370]: 1234` is CPU 1's of pair 0x72. */
  #finalCount(line: Buffer): void {
    const match = /^@transitions_sent\[(\d+)\]: (\d+)$/.exec(line.toString("latin1").trimEnd());
    if (match === null) return;
    const key = Number(match[1]);
    this.#sink.finalCount(Math.floor(key / 256), key % 256, Number(match[2]));
  }
}

/** Index of the bar that ends the name, just before the newline; -1 when a newline cuts the name, or it is too long. */
function nameEndAt(bytes: Buffer, end: number, newline: number): number {
  if (bytes[end] !== SPACE) return -1;
  let at = newline;
  if (newline < 0) for (at = end + 1; bytes[at] !== NEWLINE;) at++;
  return bytes[at - 1] === BAR && at - 1 > end && at - end <= LONGEST_NAME + 2 ? at - 1 : -1;
}
