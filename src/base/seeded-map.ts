import { randomWords } from "./drawn-hash.ts";

/**
 * A Map for keys that an attacker may choose, in insertion order. V8 seeds the hashes of strings but not of numbers:
 * filling a Map with 20,000 chosen numbers and finding each takes a second. Here each number is replaced by another
 * that is random per run.
 */
export class SeededMap<Key extends number | string | null, Value> {
  readonly #values = new Map<number | string | null, Value>();

  get size(): number {
    return this.#values.size;
  }

  get(key: Key): Value | undefined {
    return this.#values.get(seeded(key));
  }

  set(key: Key, value: Value): void {
    this.#values.set(seeded(key), value);
  }

  delete(key: Key): void {
    this.#values.delete(seeded(key));
  }

  values(): IterableIterator<Value> {
    return this.#values.values();
  }

  *[Symbol.iterator](this: SeededMap<number, Value>): Generator<[key: number, value: Value]> {
    for (const [key, value] of this.#values) if (typeof key === "number") yield [gather(key), value];
  }
}

function seeded(key: number | string | null): number | string | null {
  return typeof key === "number" ? scatter(key) : key;
}

const HALF = 0xffff;
const WORDS = randomWords(5);
const [TOP_WORD = 0, ...ROUND_WORDS] = WORDS;

/**
 * Maps each integer from -2 ** 32 up to another one: a Feistel network scrambles the low 32 bits, with the high bits
 * mixed in.
 */
export function scatter(key: number): number {
  const top = Math.floor(key / 2 ** 32);
  const low = (key | 0) ^ Math.imul(top, TOP_WORD);
  let left = low >>> 16;
  let right = low & HALF;
  for (const word of ROUND_WORDS) [left, right] = [right, left ^ stir(right, word)];
  // Signed, so that V8 keeps a pid as a small integer.
  return top * 2 ** 32 + ((left << 16) | right);
}

/** The inverse of `scatter`. */
function gather(scattered: number): number {
  const low = scattered | 0;
  const top = (scattered - low) / 2 ** 32;
  let left = low >>> 16;
  let right = low & HALF;
  for (const word of ROUND_WORDS.toReversed()) [left, right] = [right ^ stir(left, word), left];
  const key = ((left << 16) | right) ^ Math.imul(top, TOP_WORD);
  return top * 2 ** 32 + (key >>> 0);
}

function stir(half: number, word: number): number {
  return Math.imul(half + 1, word) >>> 16;
}
