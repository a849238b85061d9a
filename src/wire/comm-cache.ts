import { safeBytes } from "../base/text.ts";

const SLOTS = 1024;
/** In bytes. No name is longer: the kernel's have at most 15 bytes, and a recording has them made safe to print. */
export const LONGEST_NAME = 128;

/**
 * Process names as safe text, decoded once for the same bytes. Holds at most 1024 names, each in the one place that its hash has: the
 * factor is fixed, but names chosen to share a place only cost their decoding.
 */
export class CommCache {
  readonly #bytes: (Buffer | undefined)[] = [];
  readonly #texts: string[] = [];

  text(bytes: Buffer, start: number, end: number): string {
    let hash = end - start;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
    const slot = (hash ^ (hash >>> 10)) & (SLOTS - 1);
    const held = this.#bytes[slot];
    if (held !== undefined && isSame(held, bytes, start, end)) return this.#texts[slot] ?? "";
    const text = safeBytes(bytes.subarray(start, end));
    this.#bytes[slot] = Buffer.from(bytes.subarray(start, end));
    this.#texts[slot] = text;
    return text;
  }
}

function isSame(held: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (held.length !== end - start) return false;
  for (let at = 0; at < held.length; at++) if (held[at] !== bytes[start + at]) return false;
  return true;
}
