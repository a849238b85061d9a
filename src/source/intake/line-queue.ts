import type { TraceEvent } from "../../model/events/event.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import { WORDS } from "../../wire/hex-fields.ts";
import type { NameBook } from "../../wire/name-book.ts";
import { WireLine } from "../../wire/wire-line.ts";

const FIRST_CAPACITY = 1024;
/** A queue that has grown beyond this frees its memory when it is empty. */
const KEPT_CAPACITY = 65_536;

/** Lines of one CPU, in order of time, that wait for their turn: some 90 bytes each, outside the garbage collector's reach. */
export class LineQueue {
  #capacity = FIRST_CAPACITY;
  #kinds = new Uint8Array(FIRST_CAPACITY);
  #times = new Float64Array(FIRST_CAPACITY);
  #words = new Int32Array(FIRST_CAPACITY * WORDS);
  #names: (string | null)[] = [];
  #first = 0;
  #end = 0;
  readonly #line: WireLine;

  constructor(names?: NameBook) {
    this.#line = new WireLine(names);
  }

  get length(): number {
    return this.#end - this.#first;
  }

  /** Time of the line whose turn comes first; Infinity when there is none. */
  get head(): Nanos {
    return this.#first < this.#end ? (this.#times[this.#first] ?? Infinity) : Infinity;
  }

  push(line: WireLine): void {
    if (this.#end === this.#capacity) this.#makeRoom();
    const place = this.#end++;
    this.#kinds[place] = line.kind;
    this.#times[place] = line.at;
    line.fields.save(this.#words, place * WORDS, line.count);
    this.#names[place] = line.comm;
  }

  /** Takes out the first line and those after it that are not after `until`, as events at the end of `into`. */
  take(until: Nanos, into: TraceEvent[]): void {
    const line = this.#line;
    do {
      const place = this.#first++;
      line.kind = this.#kinds[place] ?? 0;
      line.at = this.#times[place] ?? 0;
      line.fields.load(this.#words, place * WORDS, line.count);
      line.comm = this.#names[place] ?? null;
      into.push(line.event());
    } while (this.#first < this.#end && this.head <= until);
    if (this.#first < this.#end) return;
    this.#first = this.#end = 0;
    if (this.#capacity > KEPT_CAPACITY) this.#resize(FIRST_CAPACITY);
  }

  #makeRoom(): void {
    if (this.#first * 2 < this.#capacity) return this.#resize(this.#capacity * 2);
    this.#kinds.copyWithin(0, this.#first);
    this.#times.copyWithin(0, this.#first);
    this.#words.copyWithin(0, this.#first * WORDS);
    this.#names.splice(0, this.#first);
    this.#end -= this.#first;
    this.#first = 0;
  }

  #resize(capacity: number): void {
    const before = { kinds: this.#kinds, times: this.#times, words: this.#words };
    this.#capacity = capacity;
    this.#kinds = new Uint8Array(capacity);
    this.#times = new Float64Array(capacity);
    this.#words = new Int32Array(capacity * WORDS);
    this.#kinds.set(before.kinds.subarray(this.#first, this.#end));
    this.#times.set(before.times.subarray(this.#first, this.#end));
    this.#words.set(before.words.subarray(this.#first * WORDS, this.#end * WORDS));
    this.#names = this.#names.slice(this.#first, this.#end);
    this.#end -= this.#first;
    this.#first = 0;
  }
}
