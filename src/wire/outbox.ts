import type { Nanos } from "../model/net/nanos.ts";
import { HexFields } from "./hex-fields.ts";
import { ACCEPTED } from "./sent-counts.ts";
import { LINE, type WireLine } from "./wire-line.ts";

/** The numbers of a place: time, change, where, ends, file (probes/README.md). */
export const WORDS_PER_PLACE = 5;
/** An address of IPv6 needs two places. */
const FIRST_OF_TWO = 0x8000_0000;
const SECOND_OF_TWO = 0x4000_0000;
const MAX_PID = 0x3f_ffff;

/** What is known of one CPU. */
interface CpuState {
  /** Time of its latest event that has been passed on. A place with an earlier one is old. */
  watermark: Nanos;
  /** The first of two places whose second one has not arrived yet. */
  firstAt: Nanos;
  readonly first: HexFields;
}

/**
 * Events that the CPUs hold back in their outboxes and print several at a time (probes/outbox.bt). The same event may
 * be in the answer to a question and again in its CPU's own line: it is passed on once, since the times of a CPU only
 * grow.
 */
export class Outbox {
  readonly #cpus: CpuState[] = [];
  readonly #fields: HexFields;
  readonly #line: WireLine;
  readonly #emit: (cpu: number) => void;

  /** Reads places from `fields`; fills `line` with one event after another, and calls `emit` for each. */
  constructor(fields: HexFields, line: WireLine, emit: (cpu: number) => void) {
    this.#fields = fields;
    this.#line = line;
    this.#emit = emit;
  }

  /** How many events not passed on yet, and none later than `until`, are in `count` places from this field on. */
  fresh(cpu: number, from: number, count: number, until: Nanos): number {
    const fields = this.#fields;
    const state = this.#of(cpu);
    let firstAt = state.firstAt;
    let fresh = 0;
    for (let field = from; field < from + count * WORDS_PER_PLACE; field += WORDS_PER_PLACE) {
      const at = fields.number(field);
      if (at <= state.watermark || at > until) continue;
      const marks = fields.low(field + 4);
      if ((marks & FIRST_OF_TWO) !== 0) firstAt = at;
      else if ((marks & SECOND_OF_TWO) === 0 || firstAt === at) fresh++;
    }
    return fresh;
  }

  /** All events of this CPU until then have been passed on or are lost, even if a place still shows them. */
  complete(cpu: number, at: Nanos): void {
    const state = this.#of(cpu);
    state.watermark = Math.max(state.watermark, at);
  }

  /** Passes on the events not passed on yet, in order of time. */
  take(cpu: number, from: number, count: number, until: Nanos): void {
    const state = this.#of(cpu);
    const oldest = this.#oldestPlace(from, count, state.watermark);
    for (let turn = 0; turn < count; turn++) {
      const field = from + ((oldest + turn) % count) * WORDS_PER_PLACE;
      const at = this.#fields.number(field);
      if (at > state.watermark && at <= until) this.#place(cpu, state, at, field);
    }
  }

  /**
   * The place with the earliest time after `until`: the first places may be newer than the others, if their line is
   * under way.
   */
  #oldestPlace(from: number, count: number, until: Nanos): number {
    let oldest = 0;
    let earliest = Infinity;
    for (let place = 0; place < count; place++) {
      const at = this.#fields.number(from + place * WORDS_PER_PLACE);
      if (at <= until || at >= earliest) continue;
      oldest = place;
      earliest = at;
    }
    return oldest;
  }

  #place(cpu: number, state: CpuState, at: Nanos, field: number): void {
    const fields = this.#fields;
    const line = this.#line;
    const marks = fields.low(field + 4);
    if ((marks & FIRST_OF_TWO) !== 0) {
      state.firstAt = at;
      for (let word = 0; word < WORDS_PER_PLACE; word++) {
        state.first.set(word, fields.high(field + word), fields.low(field + word));
      }
      return;
    }
    if ((marks & SECOND_OF_TWO) === 0) fill(line, fields, field, cpu);
    else if (state.firstAt === at) fillLong(line, state.first, fields, field, cpu);
    else return;
    state.watermark = line.at = at;
    if (line.isSound) this.#emit(cpu);
  }

  #of(cpu: number): CpuState {
    return (this.#cpus[cpu] ??= { watermark: 0, firstAt: -1, first: new HexFields(WORDS_PER_PLACE) });
  }
}

/** An event in one place: of IPv4, or an accept. */
function fill(line: WireLine, fields: HexFields, place: number, cpu: number): void {
  const pid = fillCommon(line, fields, place, cpu);
  if (((fields.low(place + 1) >>> 8) & 255) === ACCEPTED) {
    line.kind = LINE.accept;
    line.fields.set(1, fields.high(place + 1), (fields.low(place + 1) & 0xffff_0000) | cpu);
    line.fields.set(2, fields.high(place + 4), fields.low(place + 2));
    line.fields.set(3, 0, pid);
    return;
  }
  line.kind = pid === 0 ? LINE.v4 : LINE.v4Task;
  line.fields.set(4, fields.low(place + 3), fields.high(place + 3));
  line.fields.set(5, 0, pid);
}

/** An event of IPv6: its local address is in `ends` and then `change`, its remote one in `where` and `ends`. */
function fillLong(line: WireLine, first: HexFields, fields: HexFields, place: number, cpu: number): void {
  const pid = fillCommon(line, first, 0, cpu);
  line.kind = pid === 0 ? LINE.v6 : LINE.v6Task;
  line.fields.set(4, first.high(3), first.low(3));
  for (let word = 1; word <= 3; word++) line.fields.set(4 + word, fields.high(place + word), fields.low(place + word));
  line.fields.set(8, 0, pid);
}

/** What lines of all kinds have at the same place. Returns the process, 0 when there is none. */
function fillCommon(line: WireLine, fields: HexFields, place: number, cpu: number): number {
  const file = fields.low(place + 4);
  const inode = fields.high(place + 4);
  line.fields.set(1, fields.high(place + 1), fields.low(place + 1));
  line.fields.set(2, fields.high(place + 2), fields.low(place + 2));
  line.fields.set(3, inode >>> 8, (inode << 24) | (cpu << 8) | (file & 255));
  line.comm = null;
  return (file >>> 8) & MAX_PID;
}
