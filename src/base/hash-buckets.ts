import { NumberMap } from "./number-map.ts";

const NONE: readonly never[] = [];

/** Values by a hash, in insertion order. Different values may share a hash, so the caller compares them. */
export class HashBuckets<Value> {
  readonly #buckets = new NumberMap<Value[]>();
  #longest = 0;

  at(hash: number): readonly Value[] {
    return this.#buckets.get(hash) ?? NONE;
  }

  add(hash: number, value: Value): void {
    const bucket = this.#buckets.get(hash);
    if (bucket === undefined) this.#buckets.set(hash, [value]);
    else bucket.push(value);
    this.#longest = Math.max(this.#longest, bucket?.length ?? 1);
  }

  /** Returns whether the value was there. */
  remove(hash: number, value: Value): boolean {
    const bucket = this.#buckets.get(hash);
    const place = bucket?.indexOf(value) ?? -1;
    if (bucket === undefined || place < 0) return false;
    bucket.splice(place, 1);
    if (bucket.length === 0) this.#buckets.delete(hash);
    return true;
  }

  /** An upper bound of the steps that a lookup takes now: a measure of the hash. */
  longestProbe(): number {
    return this.#buckets.longestProbe() + this.#longest;
  }
}
