import { CommCache, LONGEST_NAME } from "./comm-cache.ts";
import { HexFields } from "./hex-fields.ts";
import { NameBook } from "./name-book.ts";
import { Outbox, WORDS_PER_PLACE } from "./outbox.ts";
import { PAIRS, type Pair, type SentCounts, noneSent } from "./sent-counts.ts";
import { LINE, NAME_LINE, WireLine } from "./wire-line.ts";

/** Receives what the decoder reads; probes/README.md defines the lines. */
export interface WireSink {
  /** A line with an event; the object is reused after the call. */
  event(line: WireLine, cpu: number): void;
  /** Events that this CPU has sent since the tracer started, by pair; the array is reused after the call. */
  heartbeat(cpu: number, sent: SentCounts, at: number): void;
  /** The tracer has ended, and this CPU has sent `sent` events of this pair. */
  finalCount(cpu: number, pair: Pair, sent: number): void;
  /**
   * The answer to askTracer(): at this time the CPU had sent `emitted` events, of which it may hold back `held`.
   * Returns whether the held ones are exactly those missing: the decoder then passes them on next.
   */
  answer(cpu: number, emitted: number, held: number, at: number): boolean;
  anchor(at: number): void;
  /** A line that begins like one of ours but cannot be read. */
  malformed(): void;
  /** A line of a kind that the tracer does not print; recordings have some. `line` is valid only during the call. */
  other?(line: Buffer): void;
}

export interface WireOptions {
  /** A recording's times count from the line before; a tracer's are absolute. */
  readonly isRelative?: boolean;
  /** In bytes; longer lines are skipped. */
  readonly longestLine?: number;
  /** Learns the names that the tracer prints. */
  readonly names?: NameBook;
}

const NEWLINE = 10;
const SPACE = 32;
const BAR = 124;
const AT = 64;
/* The kinds of line without an event of their own, by their first letter. */
const HEARTBEAT = 0x48; // H
const ANSWER = 0x51; // Q
const ANCHOR = 0x41; // A
/** Several events, in places of five numbers. */
const OUTBOX = 0x45; // E
const PLACES = 4;
const PLACES_HELD = 3;
const MAX_CPU = 0xffff;

/** The kinds of line that end in a name or have an event. */
const COMMON: ReadonlySet<number> = new Set([...Object.values(LINE), NAME_LINE]);

/** No line of ours is shorter, and no piece of a process name is this long. */
const SHORTEST_LINE = 16;
const LONGEST_LINE = 512;
/** Numbers of a heartbeat before its counts. */
const BEFORE_COUNTS = 3;
const MOST_FIELDS = BEFORE_COUNTS + PAIRS.length - 1;

/**
 * Decodes the tracer's lines from bytes that arrive in any pieces. Its only state is the line being read and its names.
 */
export class WireDecoder {
  readonly #sink: WireSink;
  readonly #texts = new CommCache();
  readonly #names: NameBook;
  readonly #event: WireLine;
  readonly #outbox: Outbox;
  readonly #fields = new HexFields(MOST_FIELDS);
  readonly #sent = noneSent();
  readonly #isRelative: boolean;
  readonly #longestLine: number;
  /** What a recording's times count from. */
  #base = 0;
  /** The beginning of a line whose end has not arrived yet. */
  #partial: Buffer = Buffer.alloc(0);
  /** A line that lacks only the rest of its process name, which has a newline in it. */
  #open: Buffer | null = null;
  #skipping = false;

  constructor(sink: WireSink, options: WireOptions = {}) {
    const { isRelative = false, longestLine = LONGEST_LINE, names = new NameBook() } = options;
    this.#sink = sink;
    this.#names = names;
    const event = new WireLine(names);
    this.#event = event;
    this.#outbox = new Outbox(this.#fields, event, (cpu) => sink.event(event, cpu));
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
      const end = kind === OUTBOX ? this.#outboxLine(bytes, start) : this.#eventLine(bytes, start, kind);
      if (end > 0) return end;
    }
    return this.#rareLine(bytes, start);
  }

  /**
   * Decodes a line with an event; returns where the next one begins, or -1 when this is not one, or not whole.
   * `newline` is where the line ends, if that is known: the name may contain newlines then.
   */
  #eventLine(bytes: Buffer, start: number, kind: number | undefined, newline = -1): number {
    if (kind === undefined || !COMMON.has(kind)) return -1;
    const line = this.#event;
    line.kind = kind;
    const end = line.fields.read(bytes, start + 1, line.count);
    if (end < 0) return -1;
    const { hasTask } = line;
    const nameEnd = hasTask ? nameEndAt(bytes, end, newline) : end;
    if (nameEnd - start < SHORTEST_LINE || bytes[nameEnd] !== (hasTask ? BAR : NEWLINE) || !line.isSound) return -1;
    line.at = this.#base + line.fields.number(0);
    if (this.#isRelative) this.#base = line.at;
    if (hasTask) line.comm = this.#texts.text(bytes, end + 1, nameEnd);
    if (kind === NAME_LINE) this.#names.learn(line.at, line.pid, line.fields.high(1), line.comm ?? "");
    else this.#sink.event(line, line.cpu);
    return nameEnd + (hasTask ? 2 : 1);
  }

  /** Decodes a line with several events; returns where the next one begins, or -1 when it is not whole. */
  #outboxLine(bytes: Buffer, start: number): number {
    const fields = this.#fields;
    const end = fields.read(bytes, start + 1, 1 + PLACES * WORDS_PER_PLACE);
    const cpu = fields.number(0);
    if (end < 0 || bytes[end] !== NEWLINE || cpu > MAX_CPU || this.#isRelative) return -1;
    this.#outbox.take(cpu, 1, PLACES_HELD, Infinity);
    // The last one was never held back: it is the newest.
    this.#outbox.take(cpu, 1 + PLACES_HELD * WORDS_PER_PLACE, PLACES - PLACES_HELD, Infinity);
    return end + 1;
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
    // bpftrace's own messages, such as `Attaching 5 probes...`.
    if (line[1] !== SPACE) return this.#sink.other?.(line);
    const named = kind === LINE.v4Task || kind === LINE.v6Task || kind === LINE.accept || kind === NAME_LINE;
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

  /** Decodes one whole line with its newline; false when it is malformed. */
  #decode(line: Buffer): boolean {
    const kind = line[0];
    if (kind === HEARTBEAT) return this.#heartbeat(line);
    if (kind === ANSWER) return this.#answer(line);
    if (kind === ANCHOR) return this.#anchor(line);
    if (kind === OUTBOX) return this.#outboxLine(line, 0) > 0;
    return this.#eventLine(line, 0, kind, line.length - 1) > 0;
  }

  #answer(line: Buffer): boolean {
    const fields = this.#fields;
    const end = fields.read(line, 1, 3 + PLACES_HELD * WORDS_PER_PLACE);
    const [at, cpu] = [fields.number(0), fields.number(1)];
    if (end !== line.length - 1 || cpu > MAX_CPU) return false;
    const held = this.#outbox.fresh(cpu, 3, PLACES_HELD, at);
    const isNext = this.#sink.answer(cpu, fields.number(2), held, at);
    if (isNext) this.#outbox.take(cpu, 3, PLACES_HELD, at);
    return true;
  }

  #heartbeat(line: Buffer): boolean {
    const fields = this.#fields;
    const end = fields.read(line, 1, MOST_FIELDS);
    if (end !== line.length - 1) return false;
    const [at, cpu, emitted] = [fields.number(0), fields.number(1), fields.number(2)];
    let apart = 0;
    for (let place = 1; place < PAIRS.length; place++) {
      const count = fields.number(BEFORE_COUNTS - 1 + place);
      this.#sent[place] = count;
      apart += count;
    }
    if (apart > emitted || cpu > MAX_CPU) return false;
    this.#sent[0] = emitted - apart;
    this.#outbox.complete(cpu, at);
    this.#sink.heartbeat(cpu, this.#sent, at);
    return true;
  }

  #anchor(line: Buffer): boolean {
    const end = this.#fields.read(line, 1, 1);
    if (end !== line.length - 1) return false;
    const at = this.#fields.number(0);
    if (this.#isRelative) this.#base = at;
    this.#sink.anchor(at);
    return true;
  }

  /**
   * bpftrace prints the counts once more when it ends, as maps: `@transitions_sent[370]: 1234` is CPU 1's of pair 0x72.
   */
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
