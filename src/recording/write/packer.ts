import { packMember } from "../format/gzip.ts";
import { packZstd } from "../format/zstd.ts";
import type { Block } from "./encoder.ts";
import type { Sink } from "./sink.ts";

export type Packing = "none" | "gzip" | "zstd";

/**
 * A member is packed once it has this many bytes or has waited this long: less than a second, so that a crash loses no
 * more.
 */
const MEMBER_BYTES = 1_048_576;
const MEMBER_MS = 500;
/** With more bytes than this waiting, packing uses a faster level. */
const BEHIND_BYTES = 4 * MEMBER_BYTES;
const USUAL_LEVEL = 5;
const FAST_LEVEL = 1;

/** Collects blocks and writes them, packed or plain. */
export class Packer {
  readonly #sink: Sink;
  readonly #packing: Packing;
  #blocks: Block[] = [];
  #bytes = 0;
  #since = 0;
  /** Lines with a transition that have been written. */
  transitions = 0;

  constructor(sink: Sink, packing: Packing) {
    this.#sink = sink;
    this.#packing = packing;
  }

  /** Whether nothing waits to be written. */
  get isEmpty(): boolean {
    return this.#blocks.length === 0;
  }

  push(block: Block): void {
    if (this.#blocks.length === 0) this.#since = performance.now();
    this.#blocks.push(block);
    this.#bytes += block.bytes.length;
  }

  /** Writes what is due, or with `all` everything. If that fails, what was waiting is lost. */
  async flush(all: boolean): Promise<void> {
    if (this.#bytes === 0) return;
    const isDue = this.#packing === "none" || this.#bytes >= MEMBER_BYTES;
    if (!all && !isDue && performance.now() - this.#since < MEMBER_MS) return;
    const blocks = this.#blocks;
    const level = this.#bytes > BEHIND_BYTES ? FAST_LEVEL : USUAL_LEVEL;
    this.#blocks = [];
    this.#bytes = 0;
    for (const part of parts(blocks)) {
      await this.#sink.write(await this.#pack(part, level));
      this.transitions += transitionsOf(part);
    }
  }

  async #pack(blocks: readonly Block[], level: number): Promise<Buffer> {
    const bytes = Buffer.concat(blocks.map((block) => block.bytes));
    if (this.#packing === "gzip") return packMember(bytes, transitionsOf(blocks), level);
    return this.#packing === "zstd" && packZstd !== null ? packZstd(bytes) : bytes;
  }
}

function transitionsOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + block.transitions, 0);
}

/** Groups of whole blocks, each about the size of a member. */
function* parts(blocks: readonly Block[]): Generator<readonly Block[], void, void> {
  let part: Block[] = [];
  let bytes = 0;
  for (const block of blocks) {
    part.push(block);
    bytes += block.bytes.length;
    if (bytes < MEMBER_BYTES) continue;
    yield part;
    part = [];
    bytes = 0;
  }
  if (part.length > 0) yield part;
}
