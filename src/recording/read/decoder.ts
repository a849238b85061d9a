import { UserError } from "../../base/errors.ts";
import type { TraceEvent } from "../../model/events/event.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import { eventLine } from "../format/event-lines.ts";
import { FORMAT, type Header, parseHeader } from "../format/header.ts";
import { LATEST_NANOS } from "../format/scalar-shapes.ts";
import { Assembler } from "./assembler.ts";
import { LONGEST_BLOCK, type ReadBlock } from "./blocks.ts";
import type { Faults } from "./faults.ts";
import type { WireLine } from "../../wire/wire-line.ts";
import { WireDecoder, type WireSink } from "../../wire/wire.ts";

/** In a damaged block, an event counts as damaged if it is this much later than the last tick, or PAST earlier. */
const FUTURE: Nanos = 10e9;
const PAST: Nanos = 600e9;
const SIMPLE_KINDS: ReadonlySet<unknown> = new Set(["tick", "loss", "gap", "source", "anchor", "process"]);
const LONG_KINDS: ReadonlySet<unknown> = new Set(["survey", "details", "counters", "image"]);

/** Reads the lines of a recording, block by block. Trusts nothing: what is not a valid event is counted and skipped. */
export class Decoder {
  readonly #faults: Faults;
  readonly #lines: BlockLines;
  readonly #wire: WireDecoder;
  /** The time of the last tick. */
  #latest: Nanos | null = null;

  constructor(path: string, faults: Faults) {
    this.#faults = faults;
    this.#lines = new BlockLines(path, faults);
    this.#wire = new WireDecoder(this.#lines, { isRelative: true, longestLine: LONGEST_BLOCK });
  }

  get header(): Header | null {
    return this.#lines.header;
  }

  /** The last line says that the recording ends here. */
  get hasEnd(): boolean {
    return this.#lines.hasEnd;
  }

  /** The events of a block, in the order in which they were written. */
  decode(block: ReadBlock): TraceEvent[] {
    this.#wire.push(block.bytes);
    let { events, refused } = this.#lines.take();
    this.#latest ??= this.header?.bootNanos ?? null;
    if (block.isSound === true) this.#faults.unknownLines += refused;
    else {
      this.#lines.hasEnd = false;
      // The incomplete line at the end of a cut block is not refused: it counts as missing.
      this.#faults.damagedLines += refused;
      if (block.isSound === false) this.#faults.damagedBlocks++;
      events = this.#plausible(events);
      const lost = block.transitions === null ? 0 : block.transitions - countTransitions(events);
      if (lost > 0) events.push(this.loss(lost));
    }
    for (const { kind, at } of events) if (kind === "tick") this.#latest = at;
    return events;
  }

  /** This many transitions were written and can't be read. */
  loss(count: number): TraceEvent {
    this.#faults.lostTransitions += count;
    return { kind: "loss", at: this.#latest ?? 0, count, where: "bpf" };
  }

  #plausible(events: TraceEvent[]): TraceEvent[] {
    const latest = this.#latest;
    if (latest === null) return events;
    return events.filter((event) => {
      const isKept = isNear(event.at, latest) && (event.kind !== "tick" || isNear(event.watermark, latest));
      if (!isKept) this.#faults.damagedLines++;
      return isKept;
    });
  }
}

/** Collects the events in the lines of a block. */
class BlockLines implements WireSink {
  header: Header | null = null;
  hasEnd = false;
  readonly #path: string;
  readonly #faults: Faults;
  readonly #assembler = new Assembler();
  #events: TraceEvent[] = [];
  #refused = 0;
  #hasLine = false;

  constructor(path: string, faults: Faults) {
    this.#path = path;
    this.#faults = faults;
  }

  /** The events since the last call, and how many lines were refused. */
  take(): { events: TraceEvent[]; refused: number } {
    const taken = { events: this.#events, refused: this.#refused };
    this.#events = [];
    this.#refused = 0;
    return taken;
  }

  event(line: WireLine): void {
    // Relative times add up, and a time beyond this is not a valid date.
    if (line.at > LATEST_NANOS) return this.malformed();
    this.#events.push(line.event());
  }

  anchor(): void {}

  heartbeat(): void {}

  finalCount(): void {}

  answer(): boolean {
    return false;
  }

  malformed(): void {
    this.#refused++;
  }

  other(line: Buffer): void {
    const isFirst = !this.#hasLine;
    this.#hasLine = true;
    let value: unknown;
    try {
      value = JSON.parse(line.toString("utf8"));
    } catch {
      this.#refused++;
      return;
    }
    if (typeof value !== "object" || value === null) this.#refused++;
    else if (isFirst && "format" in value && value.format === FORMAT) this.#takeHeader(value);
    else if ("kind" in value) this.#kind(value.kind, value);
    else if ("rows" in value || "keep" in value) this.#rows(value);
    else this.#refused++;
  }

  #takeHeader(value: object): void {
    this.header = parseHeader(value, this.#path);
    if (this.header === null) this.#refused++;
  }

  #kind(kind: unknown, value: object): void {
    if (kind === "end") this.hasEnd = true;
    else if (SIMPLE_KINDS.has(kind)) {
      const parsed = eventLine.safeParse(value);
      if (parsed.success) this.#events.push(parsed.data);
      else this.#refused++;
    } else if (LONG_KINDS.has(kind)) {
      if (this.#assembler.isOpen) this.#faults.damagedEvents++;
      if (!this.#assembler.begin(value)) this.#faults.damagedEvents++;
      this.#takeAssembled();
    } else this.#refused++;
  }

  #rows(value: object): void {
    const wasOpen = this.#assembler.isOpen;
    if (this.#assembler.add(value)) this.#takeAssembled();
    else if (wasOpen) this.#faults.damagedEvents++;
    else this.#refused++;
  }

  #takeAssembled(): void {
    const event = this.#assembler.take();
    if (event !== null) this.#events.push(event);
  }
}

function countTransitions(events: readonly TraceEvent[]): number {
  return events.reduce((count, { kind }) => count + Number(kind === "transition"), 0);
}

function isNear(at: Nanos, latest: Nanos): boolean {
  return at <= latest + FUTURE && at >= latest - PAST;
}

/** The error for a file without a single valid line. */
export function notARecording(path: string): UserError {
  return new UserError("not-a-recording", `${path} is not a recording`, "make one with `tcptrace record -w FILE`");
}
