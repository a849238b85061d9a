import { addressFromHex } from "../model/address.ts";
import type { Accept, Task, Transition } from "../model/event.ts";
import { isTcpState } from "../model/tcp-state.ts";
import { CommCache, LONGEST_NAME } from "./comm-cache.ts";
import { descriptorOf, evidenceOf } from "./evidence.ts";
import { HexFields } from "./hex-fields.ts";

/** What the decoder tells of the lines it reads; probes/README.md is the contract of the lines. */
export interface WireSink {
  event(event: Transition | Accept, cpu: number): void;
  /** `emitted` lines with an event have been sent by this CPU since the tracer started. */
  heartbeat(cpu: number, emitted: number, at: number | null): void;
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
/* The kinds of line, by their first letter; a capital of t and u ends in a process. */
const HEARTBEAT = 0x48; // H
const ANSWER = 0x51; // Q
const ANCHOR = 0x41; // A
const ACCEPT = 0x43; // C
const V4 = 0x74; // t
const V4_TASK = 0x54; // T
const V6 = 0x75; // u
const V6_TASK = 0x55; // U

/** No line of ours is shorter, and no piece of a process name is as long. */
const SHORTEST_LINE = 16;
const LONGEST_LINE = 512;

/** Decodes the tracer's lines from bytes that arrive in any pieces. Pure but for its own buffer of one line. */
export class WireDecoder {
  readonly #sink: WireSink;
  readonly #names = new CommCache();
  readonly #fields = new HexFields();
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
      const end = this.#event(bytes, start, kind);
      if (end > 0) return end;
    }
    return this.#rareLine(bytes, start);
  }

  /**
   * Decodes a line with an event; returns where the next one begins, or -1 when this is none, or not whole. `newline` is
   * where the line ends, if that is known: the name may hold newlines then.
   */
  #event(bytes: Buffer, start: number, kind: number | undefined, newline = -1): number {
    if (kind === V4 || kind === V4_TASK || kind === V6 || kind === V6_TASK)
      return this.#transition(bytes, start, kind, newline);
    return kind === ACCEPT ? this.#accept(bytes, start, newline) : -1;
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
    const named = kind === V4_TASK || kind === V6_TASK || kind === ACCEPT;
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
    if (kind === HEARTBEAT || kind === ANSWER) return this.#count(line, kind);
    if (kind === ANCHOR) return this.#anchor(line);
    if (this.#event(line, 0, kind, line.length - 1) > 0) return true;
    return false;
  }

  /** Returns where the next line begins, or -1 when this one is wrong or its name goes on in the next. */
  #transition(bytes: Buffer, start: number, kind: number, newline: number): number {
    const isV4 = kind === V4 || kind === V4_TASK;
    const hasTask = kind === V4_TASK || kind === V6_TASK;
    const taskField = isV4 ? 5 : 8;
    const end = this.#fields.read(bytes, start + 1, hasTask ? taskField + 1 : taskField);
    if (end < 0) return -1;
    const nameEnd = hasTask ? nameEndAt(bytes, end, newline) : end;
    if (nameEnd - start < SHORTEST_LINE || bytes[nameEnd] !== (hasTask ? BAR : NEWLINE)) return -1;
    const change = this.#fields.low(1);
    const from = (change >>> 12) & 15;
    const to = (change >>> 8) & 15;
    if (!isTcpState(from) || !isTcpState(to)) return -1;
    const file = this.#fields.low(3);
    const full = (change & 8) !== 0;
    const transition: Transition = {
      kind: "transition",
      at: this.#time(),
      address: this.#fields.high(1) * 65_536 + (change >>> 16),
      from,
      to,
      netns: full ? this.#fields.high(2) : null,
      localAddress: isV4 ? fromNetworkOrder(this.#fields.low(4)) : this.#address6(4),
      localPort: this.#fields.low(2) >>> 16,
      remoteAddress: isV4 ? fromNetworkOrder(this.#fields.high(4)) : this.#address6(6),
      remotePort: this.#fields.low(2) & 0xffff,
      inode: full ? this.#fields.high(3) * 256 + (file >>> 24) : null,
      evidence: full ? evidenceOf(change & 0xf7, file & 255) : null,
      task: hasTask ? this.#task(taskField, bytes, end + 1, nameEnd) : null,
    };
    this.#sink.event(transition, (file >>> 8) & 0xffff);
    return nameEnd + (hasTask ? 2 : 1);
  }

  #time(): number {
    const at = this.base + this.#fields.number(0);
    if (this.#isRelative) this.base = at;
    return at;
  }

  #task(field: number, bytes: Buffer, start: number, end: number): Task {
    return { pid: this.#fields.low(field), uid: this.#fields.high(field), comm: this.#names.text(bytes, start, end) };
  }

  #address6(field: number): number | string {
    let hex = "";
    for (const word of [
      this.#fields.high(field),
      this.#fields.low(field),
      this.#fields.high(field + 1),
      this.#fields.low(field + 1),
    ]) {
      hex += fromNetworkOrder(word).toString(16).padStart(8, "0");
    }
    return addressFromHex(hex);
  }

  #accept(bytes: Buffer, start: number, newline: number): number {
    const end = this.#fields.read(bytes, start + 1, 4);
    const nameEnd = end < 0 ? -1 : nameEndAt(bytes, end, newline);
    if (nameEnd - start < SHORTEST_LINE) return -1;
    const accept: Accept = {
      kind: "accept",
      at: this.#time(),
      address: this.#fields.high(1) * 65_536 + (this.#fields.low(1) >>> 16),
      inode: this.#fields.high(2),
      fd: descriptorOf(this.#fields.low(2)),
      task: this.#task(3, bytes, end + 1, nameEnd),
    };
    this.#sink.event(accept, this.#fields.low(1) & 0xffff);
    return nameEnd + 2;
  }

  #count(line: Buffer, kind: number): boolean {
    const end = this.#fields.read(line, 1, 3);
    if (end !== line.length - 1) return false;
    const [at, cpu, emitted] = [this.#fields.number(0), this.#fields.number(1), this.#fields.number(2)];
    if (kind === ANSWER) this.#sink.answer(cpu, emitted, at);
    else this.#sink.heartbeat(cpu, emitted, at);
    return true;
  }

  #anchor(line: Buffer): boolean {
    const end = this.#fields.read(line, 1, 1);
    if (end !== line.length - 1) return false;
    this.#sink.anchor(this.#fields.number(0));
    return true;
  }

  /** bpftrace prints the counts once more when it ends, as maps: `@transitions_sent[1]: 1234`. */
  #finalCount(line: Buffer): void {
    const match = /^@transitions_sent\[(\d+)\]: (\d+)$/.exec(line.toString("latin1").trimEnd());
    if (match !== null) this.#sink.heartbeat(Number(match[1]), Number(match[2]), null);
  }
}

/** Index of the bar that ends the name, just before the newline; -1 when a newline cuts the name, or it is too long. */
function nameEndAt(bytes: Buffer, end: number, newline: number): number {
  if (bytes[end] !== SPACE) return -1;
  let at = newline;
  if (newline < 0) for (at = end + 1; bytes[at] !== NEWLINE;) at++;
  return bytes[at - 1] === BAR && at - 1 > end && at - end <= LONGEST_NAME + 2 ? at - 1 : -1;
}

/** The kernel holds addresses in network order; the wire has them as a little-endian host loads them. */
function fromNetworkOrder(word: number): number {
  return (((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}
