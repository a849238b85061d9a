import { NumberMap } from "./number-map.ts";

const NONE: readonly never[] = [];

/** Values by a hash, which several may share: whoever looks one up compares. In the order in which they came. */
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

  /** Whether it was there. */
  remove(hash: number, value: Value): boolean {
    const bucket = this.#buckets.get(hash);
    const place = bucket?.indexOf(value) ?? -1;
    if (bucket === undefined || place < 0) return false;
    bucket.splice(place, 1);
    if (bucket.length === 0) this.#buckets.delete(hash);
    return true;
  }

  /** The most steps that a lookup takes now, at most: a measure of the hash. */
  longestProbe(): number {
    return this.#buckets.longestProbe() + this.#longest;
  }
}
