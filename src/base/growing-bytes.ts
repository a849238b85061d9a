const FIRST_SIZE = 131_072;
/** What a burst has made larger is not kept. */
const MOST_KEPT = 4_194_304;
const NEWLINE = 10;

/** Lines under construction, as bytes: text that is put together piece by piece costs the collector more than the pieces do. */
export class GrowingBytes {
  protected bytes = Buffer.allocUnsafe(FIRST_SIZE);
  protected at = 0;

  get length(): number {
    return this.at;
  }

  /** All that has been added; what comes next begins anew. */
  take(): Buffer {
    const taken = Buffer.from(this.peek());
    this.at = 0;
    if (this.bytes.length > MOST_KEPT) this.bytes = Buffer.allocUnsafe(FIRST_SIZE);
    return taken;
  }

  /** The same without taking it; good until the next addition. */
  peek(): Buffer {
    return this.bytes.subarray(0, this.at);
  }

  /** Adds a line of text, which must hold no newline. */
  line(text: string): void {
    this.reserve(text.length * 3 + 1);
    this.at += this.bytes.write(text, this.at, "utf8");
    this.byte(NEWLINE);
  }

  protected byte(value: number): void {
    this.bytes[this.at++] = value;
  }

  /** To be called before `more` bytes are added. */
  protected reserve(more: number): void {
    if (this.at + more <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + more));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }
}
