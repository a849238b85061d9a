import { hashNumber } from "./drawn-hash.ts";

const FIRST_BITS = 10;
const FIRST_SIZE = 1 << FIRST_BITS;

/**
 * Values by a non-negative number: a hash table with open addressing and linear probing. A Map moves its entries to a
 * new table from time to time, even if its size is steady; this one then makes no garbage.
 */
export class NumberMap<Value> {
  #keys = new Float64Array(FIRST_SIZE);
  /** Undefined in a free place. At most half of the places are in use. */
  #values: (Value | undefined)[] = emptied(FIRST_SIZE);
  #size = 0;
  #shift = 32 - FIRST_BITS;

  get(key: number): Value | undefined {
    return this.#values[this.#placeOf(key)];
  }

  set(key: number, value: Value): void {
    const place = this.#placeOf(key);
    const isNew = this.#values[place] === undefined;
    this.#keys[place] = key;
    this.#values[place] = value;
    if (isNew && ++this.#size * 2 > this.#values.length) this.#grow();
  }

  delete(key: number): void {
    const values = this.#values;
    const mask = values.length - 1;
    let hole = this.#placeOf(key);
    if (values[hole] === undefined) return;
    // Values that a collision has put after this place move up: a search ends at the first free place.
    for (let place = (hole + 1) & mask; values[place] !== undefined; place = (place + 1) & mask) {
      const other = this.#keys[place] ?? 0;
      if (((place - this.#homeOf(other)) & mask) < ((place - hole) & mask)) continue;
      this.#keys[hole] = other;
      values[hole] = values[place];
      hole = place;
    }
    values[hole] = undefined;
    this.#size--;
  }

  clear(): void {
    this.#keys = new Float64Array(FIRST_SIZE);
    this.#values = emptied(FIRST_SIZE);
    this.#size = 0;
    this.#shift = 32 - FIRST_BITS;
  }

  /** The most steps that finding a key takes now: a measure of the hash. */
  longestProbe(): number {
    const mask = this.#values.length - 1;
    let longest = 0;
    for (const [place, value] of this.#values.entries()) {
      if (value === undefined) continue;
      longest = Math.max(longest, ((place - this.#homeOf(this.#keys[place] ?? 0)) & mask) + 1);
    }
    return longest;
  }

  #homeOf(key: number): number {
    return hashNumber(key) >>> this.#shift;
  }

  /** Where the key is, or the free place where it belongs. */
  #placeOf(key: number): number {
    const values = this.#values;
    const mask = values.length - 1;
    let place = this.#homeOf(key);
    while (values[place] !== undefined && this.#keys[place] !== key) place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const size = this.#values.length * 2;
    const keys = this.#keys;
    const values = this.#values;
    this.#keys = new Float64Array(size);
    this.#values = emptied(size);
    this.#shift--;
    for (const [from, value] of values.entries()) {
      if (value === undefined) continue;
      const place = this.#placeOf(keys[from] ?? 0);
      this.#keys[place] = keys[from] ?? 0;
      this.#values[place] = value;
    }
  }
}

function emptied<Value>(size: number): (Value | undefined)[] {
  // oxlint-disable-next-line unicorn/no-new-array -- a length; Array.from takes eighteen times as long
  return new Array<Value | undefined>(size).fill(undefined);
}
