const FIRST_SIZE = 131_072;
/** A buffer that a burst has made larger than this is released. */
const MOST_KEPT = 4_194_304;
const NEWLINE = 10;

/**
 * Builds lines as bytes, because concatenating strings piece by piece makes more garbage than the pieces themselves.
 */
export class GrowingBytes {
  protected bytes = Buffer.allocUnsafe(FIRST_SIZE);
  protected at = 0;

  get length(): number {
    return this.at;
  }

  /** Returns everything added so far, and starts again empty. */
  take(): Buffer {
    const taken = Buffer.from(this.peek());
    this.at = 0;
    if (this.bytes.length > MOST_KEPT) this.bytes = Buffer.allocUnsafe(FIRST_SIZE);
    return taken;
  }

  /** Returns it without starting again; valid until the next addition. */
  peek(): Buffer {
    return this.bytes.subarray(0, this.at);
  }

  /** Adds a line of text, which must not contain a newline. */
  line(text: string): void {
    this.reserve(text.length * 3 + 1);
    this.at += this.bytes.write(text, this.at, "utf8");
    this.byte(NEWLINE);
  }

  protected byte(value: number): void {
    this.bytes[this.at++] = value;
  }

  /** Makes room for `more` bytes; call it before adding them. */
  protected reserve(more: number): void {
    if (this.at + more <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + more));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }
}
