import { hashPair } from "./drawn-hash.ts";

const FIRST_SIZE = 2048;

/**
 * Finds rows of a table by two numbers: a hash table of row numbers, with open addressing and linear probing. `firstOf`
 * and `secondOf` return the numbers of a row, which must not change while the row is in the index.
 */
export class SlotIndex {
  readonly #firstOf: (slot: number) => number;
  readonly #secondOf: (slot: number) => number;
  /** Row number plus one; 0 is empty. Never more than half full. */
  #places = new Uint32Array(FIRST_SIZE);
  #size = 0;

  constructor(firstOf: (slot: number) => number, secondOf: (slot: number) => number) {
    this.#firstOf = firstOf;
    this.#secondOf = secondOf;
  }

  find(first: number, second: number): number | undefined {
    const mask = this.#places.length - 1;
    for (let place = hashPair(first, second) & mask; ; place = (place + 1) & mask) {
      const slot = (this.#places[place] ?? 0) - 1;
      if (slot < 0) return undefined;
      if (this.#secondOf(slot) === second && this.#firstOf(slot) === first) return slot;
    }
  }

  /** Adds a row whose numbers are not in the index. */
  add(slot: number): void {
    if (++this.#size * 2 > this.#places.length) this.#grow();
    this.#put(slot);
  }

  /** Removes a row that is in the index. */
  remove(slot: number): void {
    const mask = this.#places.length - 1;
    let hole = this.#home(slot, mask);
    while (this.#places[hole] !== slot + 1) hole = (hole + 1) & mask;
    // Rows that a collision has put after this place move up: a search ends at the first free place.
    for (let place = (hole + 1) & mask; this.#places[place] !== 0; place = (place + 1) & mask) {
      const other = this.#places[place] ?? 0;
      const home = this.#home(other - 1, mask);
      if (((place - home) & mask) < ((place - hole) & mask)) continue;
      this.#places[hole] = other;
      hole = place;
    }
    this.#places[hole] = 0;
    this.#size--;
  }

  /** The most steps that finding a row takes now: a measure of the hash. */
  longestProbe(): number {
    const mask = this.#places.length - 1;
    let longest = 0;
    for (const [place, entry] of this.#places.entries()) {
      if (entry !== 0) longest = Math.max(longest, ((place - this.#home(entry - 1, mask)) & mask) + 1);
    }
    return longest;
  }

  #put(slot: number): void {
    const mask = this.#places.length - 1;
    let place = this.#home(slot, mask);
    while (this.#places[place] !== 0) place = (place + 1) & mask;
    this.#places[place] = slot + 1;
  }

  #home(slot: number, mask: number): number {
    return hashPair(this.#firstOf(slot), this.#secondOf(slot)) & mask;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new Uint32Array(before.length * 2);
    for (const place of before) if (place !== 0) this.#put(place - 1);
  }
}
