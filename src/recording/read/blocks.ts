import { crc32 } from "node:zlib";

/** Lines, and whether they match the check at their end; null if there is no check. */
export interface ReadBlock {
  readonly bytes: Buffer;
  readonly isSound: boolean | null;
  /** How many lines with a transition there should be; null if unknown. */
  readonly transitions: number | null;
}

const NEWLINE = 10;
const MARK = Buffer.from('\n{"check":"');
const CHECK = /^\{"check":"([0-9a-f]{8})","transitions":(\d{1,9})\}\n$/;
const LONGEST_CHECK = 64;
/** No block of ours is longer: bytes without a check are cut here. */
export const LONGEST_BLOCK = 4_194_304;

/** Splits a stream of bytes into blocks, each of which ends in a check. */
export class BlockSplitter {
  #held: Buffer = Buffer.alloc(0);
  /** How many bytes have been searched for a mark. */
  #searched = 0;

  /** The blocks that these bytes complete. */
  *push(chunk: Buffer): Generator<ReadBlock, void, void> {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    for (;;) {
      const mark = this.#held.indexOf(MARK, this.#searched);
      const end = mark < 0 ? -1 : this.#held.indexOf(NEWLINE, mark + 1);
      if (end >= 0) yield this.#cut(mark + 1, end + 1);
      else if (mark >= 0 && this.#held.length - mark > LONGEST_CHECK) this.#searched = mark + 1;
      else {
        this.#searched = mark >= 0 ? mark : Math.max(0, this.#held.length - MARK.length + 1);
        break;
      }
    }
    if (this.#held.length > LONGEST_BLOCK) yield* this.rest();
  }

  /** What is left when the bytes have ended. */
  *rest(): Generator<ReadBlock, void, void> {
    const bytes = this.#held;
    this.#held = Buffer.alloc(0);
    this.#searched = 0;
    if (bytes.length > 0) yield { bytes, isSound: null, transitions: null };
  }

  #cut(check: number, end: number): ReadBlock {
    const bytes = this.#held.subarray(0, check);
    const [, sum, transitions] = CHECK.exec(this.#held.toString("latin1", check, end)) ?? [];
    this.#held = this.#held.subarray(end);
    this.#searched = 0;
    if (sum === undefined) return { bytes, isSound: false, transitions: null };
    return { bytes, isSound: Number.parseInt(sum, 16) === crc32(bytes), transitions: Number(transitions) };
  }
}
