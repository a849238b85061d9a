const SPACE = 32;
/** The longest line of one event, IPv6 with a process, has nine numbers. */
const MAX_FIELDS = 9;
/** Each number has two halves. */
export const WORDS = MAX_FIELDS * 2;
const MAX_DIGITS = 16;
const TWO_32 = 4_294_967_296;

const DIGIT = new Int8Array(256).fill(-1);
for (let value = 0; value < 16; value++) DIGIT[value.toString(16).charCodeAt(0)] = value;

/** Hex numbers of up to 64 bits at known places of a line, as two halves each: a JavaScript number holds 53 bits. */
export class HexFields {
  readonly #halves: Int32Array;

  constructor(most = MAX_FIELDS) {
    this.#halves = new Int32Array(most * 2);
  }

  /** Reads `count` numbers, each after one space, from `at` on. Returns the index of the byte after them, or -1. */
  read(bytes: Uint8Array, at: number, count: number): number {
    const halves = this.#halves;
    let next = at;
    for (let field = 0; field < count; field++) {
      if (bytes[next] !== SPACE) return -1;
      const first = ++next;
      let high = 0;
      let low = 0;
      let digit = DIGIT[bytes[next] ?? 0] ?? -1;
      while (digit >= 0) {
        high = (high << 4) | (low >>> 28);
        low = (low << 4) | digit;
        digit = DIGIT[bytes[++next] ?? 0] ?? -1;
      }
      if (next === first || next - first > MAX_DIGITS) return -1;
      halves[field * 2] = high;
      halves[field * 2 + 1] = low;
    }
    return next;
  }

  /** Copies the halves of the first `count` numbers to another array. For so few, a loop is faster than `set`. */
  save(into: Int32Array, at: number, count: number): void {
    const halves = this.#halves;
    for (let word = 0; word < count * 2; word++) into[at + word] = halves[word] ?? 0;
  }

  /** Copies halves back from another array. */
  load(from: Int32Array, at: number, count: number): void {
    const halves = this.#halves;
    for (let word = 0; word < count * 2; word++) halves[word] = from[at + word] ?? 0;
  }

  set(field: number, high: number, low: number): void {
    this.#halves[field * 2] = high;
    this.#halves[field * 2 + 1] = low;
  }

  /** The upper 32 bits. */
  high(field: number): number {
    return (this.#halves[field * 2] ?? 0) >>> 0;
  }

  /** The lower 32 bits. */
  low(field: number): number {
    return (this.#halves[field * 2 + 1] ?? 0) >>> 0;
  }

  /** The whole number, exact below 2^53. */
  number(field: number): number {
    return this.high(field) * TWO_32 + this.low(field);
  }
}
