import { EXIT, UserError } from "../../base/errors.ts";
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

/** In a block that is damaged, an event from later than this after the last tick is taken for a damaged one. */
const FUTURE: Nanos = 10e9;
const PAST: Nanos = 600e9;
const SIMPLE_KINDS: ReadonlySet<unknown> = new Set(["tick", "loss", "gap", "source", "anchor", "process"]);
const LONG_KINDS: ReadonlySet<unknown> = new Set(["survey", "details", "counters", "image"]);

/** Reads the lines of a recording, block by block. Believes nothing: what is no event of ours is counted and passed over. */
export class Decoder implements WireSink {
  header: Header | null = null;
  /** The last line says that the recording ends here. */
  hasEnd = false;
  readonly #path: string;
  readonly #faults: Faults;
  readonly #wire = new WireDecoder(this, { isRelative: true, longestLine: LONGEST_BLOCK });
  readonly #assembler = new Assembler();
  #events: TraceEvent[] = [];
  #transitions = 0;
  #refused = 0;
  #hasLine = false;
  /** The last moment that a block vouched for. */
  #latest: Nanos | null = null;

  constructor(path: string, faults: Faults) {
    this.#path = path;
    this.#faults = faults;
  }

  /** The events of a block, in the order in which they were written. */
  decode(block: ReadBlock): TraceEvent[] {
    this.#wire.push(block.bytes);
    const { isSound } = block;
    let events = this.#events;
    this.#events = [];
    if (isSound === true) this.#faults.unknownLines += this.#refused;
    else {
      this.hasEnd = false;
      // A cut block has one line that is not whole, which is not refused but missing.
      this.#faults.damagedLines += this.#refused;
      if (isSound === false) this.#faults.damagedBlocks++;
      events = this.#plausible(events);
      const lost = block.transitions === null ? 0 : block.transitions - this.#transitions;
      if (lost > 0) events.push(this.loss(lost));
    }
    for (const { kind, at } of events) if (kind === "tick") this.#latest = at;
    this.#refused = 0;
    this.#transitions = 0;
    return events;
  }

  /** So many transitions were written and can't be read. */
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
      if (!isKept && event.kind === "transition") this.#transitions--;
      return isKept;
    });
  }

  event(line: WireLine): void {
    // Times add up from line to line, and past this they are no date.
    if (line.at > LATEST_NANOS) return this.malformed();
    if (line.isTransition) this.#transitions++;
    this.#events.push(line.event());
  }

  anchor(at: number): void {
    this.#wire.base = at;
  }

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
    else this.#latest = this.header.bootNanos;
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

function isNear(at: Nanos, latest: Nanos): boolean {
  return at <= latest + FUTURE && at >= latest - PAST;
}

/** What to say of a file that holds nothing of ours. */
export function notARecording(path: string): UserError {
  return new UserError(`${path} is not a recording`, "make one with `tcptrace record -w FILE`", EXIT.usage);
}
