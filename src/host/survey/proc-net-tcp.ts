import { endianness } from "node:os";
import type { SurveyedSocket, SurveyedTimeWait } from "../../model/events/survey.ts";
import { type Address, addressFromHex } from "../../model/net/address.ts";
import { TCP, isTcpState } from "../../model/net/tcp-state.ts";

/** Rows of /proc/net/tcp or tcp6; mini-sockets, which no process holds, are listed separately. */
export interface NetTcpRows {
  readonly sockets: SurveyedSocket[];
  readonly timeWaits: SurveyedTimeWait[];
}

const SPACE = 0x20;
const NEWLINE = 0x0a;
const COLON = 0x3a;
/** The kind of timer in a mini-socket's row (get_timewait4_sock), which a socket in FIN_WAIT2 does not have. */
const TIME_WAIT_TIMER = 3;
/** USER_HZ is 100 wherever Node runs. */
const MS_PER_TICK = 10;
// The kernel prints each 32-bit word of an address as the host loads it from memory.
const WORDS_ARE_SWAPPED = endianness() === "LE";
// By byte: a table, because this runs 100 times a row.
const HEX_DIGITS = Int8Array.from({ length: 256 }, (_, byte) =>
  "0123456789abcdef".indexOf(String.fromCodePoint(byte).toLowerCase()),
);

/**
 * Parses /proc/net/tcp and tcp6 (net/ipv4/tcp_ipv4.c get_tcp4_sock, net/ipv6/tcp_ipv6.c get_tcp6_sock); the width of
 * the addresses shows the family. Takes any run of whole lines, header or not; what is not a row is skipped. Never
 * throws. Adds to `rows`, the result of the run before.
 */
export function parseProcNetTcp(
  bytes: Uint8Array,
  netns: number,
  rows: NetTcpRows = { sockets: [], timeWaits: [] },
): NetTcpRows {
  const cursor = new RowCursor(bytes);
  while (cursor.nextRow()) {
    const row = cursor.skipNumber() ? parseRow(cursor, netns) : null;
    if (row !== null) addRow(rows, row);
  }
  return rows;
}

export function addRow(rows: NetTcpRows, row: SurveyedSocket | SurveyedTimeWait): void {
  if ("inode" in row) rows.sockets.push(row);
  else rows.timeWaits.push(row);
}

/**
 * One row after its number: `local:port remote:port st tx:rx tr:when retrnsmt uid timeout inode …`; null when
 * malformed. Leaves the cursor after the last field that was read.
 */
export function parseRow(cursor: RowCursor, netns: number): SurveyedSocket | SurveyedTimeWait | null {
  const localAddress = cursor.address();
  cursor.expect(COLON);
  const localPort = cursor.hex(4);
  const remoteAddress = cursor.address();
  cursor.expect(COLON);
  const remotePort = cursor.hex(4);
  const state = cursor.hex(2);
  if (cursor.failed || !isTcpState(state)) return null;
  const transmitQueue = cursor.hex(8);
  cursor.expect(COLON);
  const receiveQueue = cursor.hex(8);
  const timer = cursor.hex(2);
  cursor.expect(COLON);
  // The timer is a long: more than 8 digits when it lies in the past.
  const ticks = cursor.hex(16);
  if (cursor.failed) return null;
  if (state === TCP.TIME_WAIT || (state === TCP.FIN_WAIT2 && timer === TIME_WAIT_TIMER)) {
    const remainingMs = ticks > 0x7fff_ffff ? 0 : ticks * MS_PER_TICK;
    return { netns, state, localAddress, localPort, remoteAddress, remotePort, remainingMs };
  }
  cursor.hex(8);
  const uid = cursor.decimal();
  cursor.decimal();
  const inode = cursor.decimal();
  if (cursor.failed) return null;
  return {
    netns,
    state,
    localAddress,
    localPort,
    remoteAddress,
    remotePort,
    inode,
    uid,
    receiveQueue,
    transmitQueue,
  };
}

const scratch = Buffer.alloc(32);

/** Walks the bytes row by row; every read skips blanks first and stays within its row. */
export class RowCursor {
  /** This row is malformed. */
  failed = false;
  readonly #bytes: Uint8Array;
  readonly #until: number;
  #at = 0;
  #end: number;

  /** Over the bytes from `from` to `until`. */
  constructor(bytes: Uint8Array, from = 0, until = bytes.length) {
    this.#bytes = bytes;
    this.#end = from - 1;
    this.#until = until;
  }

  nextRow(): boolean {
    this.#at = this.#end + 1;
    if (this.#at >= this.#until) return false;
    const newline = this.#bytes.indexOf(NEWLINE, this.#at);
    this.#end = newline === -1 || newline > this.#until ? this.#until : newline;
    this.failed = false;
    return true;
  }

  /** Where the next field begins, and where the row ends. */
  get at(): number {
    return this.#at;
  }

  get end(): number {
    return this.#end;
  }

  /** Skips the row's own number; false if it has none, like the header. */
  skipNumber(): boolean {
    this.decimal();
    this.expect(COLON);
    return !this.failed;
  }

  expect(byte: number): void {
    if (this.#at < this.#end && this.#bytes[this.#at] === byte) this.#at += 1;
    else this.failed = true;
  }

  /** A hexadecimal number of 1 to `most` digits. */
  hex(most: number): number {
    this.#skipBlanks();
    const start = this.#at;
    let value = 0;
    while (this.#at < this.#end) {
      const digit = hexDigit(this.#bytes[this.#at] ?? 0);
      if (digit < 0) break;
      value = value * 16 + digit;
      this.#at += 1;
    }
    if (this.#at === start || this.#at - start > most) this.failed = true;
    return value;
  }

  decimal(): number {
    this.#skipBlanks();
    const start = this.#at;
    let value = 0;
    while (this.#at < this.#end) {
      const digit = (this.#bytes[this.#at] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      this.#at += 1;
    }
    if (this.#at === start || !Number.isSafeInteger(value)) this.failed = true;
    return value;
  }

  /** 8 digits are an IPv4 address, 32 are an IPv6 address. */
  address(): Address {
    this.#skipBlanks();
    const start = this.#at;
    while (this.#at < this.#end && hexDigit(this.#bytes[this.#at] ?? 0) >= 0) this.#at += 1;
    const width = this.#at - start;
    if (width === 8) return this.#ipv4(start);
    if (width === 32) return this.#ipv6(start);
    this.failed = true;
    return 0;
  }

  #ipv4(start: number): number {
    let value = 0;
    for (let digit = 0; digit < 8; digit += 1) {
      value = value * 16 + hexDigit(this.#bytes[start + networkOrder(digit)] ?? 0);
    }
    return value;
  }

  #ipv6(start: number): Address {
    for (let digit = 0; digit < 32; digit += 1) {
      const byte = this.#bytes[start + networkOrder(digit)] ?? 0;
      // Converts to lower case: A to F are the only hex digits without this bit.
      scratch[digit] = byte | 0x20;
    }
    return addressFromHex(scratch.toString("latin1"));
  }

  #skipBlanks(): void {
    while (this.#at < this.#end && this.#bytes[this.#at] === SPACE) this.#at += 1;
  }
}

/** Where the digit of network order `index` is in the kernel's text. */
function networkOrder(index: number): number {
  return WORDS_ARE_SWAPPED ? index ^ 6 : index;
}

/** The value of a hex digit's byte, -1 for any other byte. */
function hexDigit(byte: number): number {
  return HEX_DIGITS[byte] ?? -1;
}
