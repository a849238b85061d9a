import { randomWords } from "../../base/drawn-hash.ts";
import type { Address } from "./address.ts";

/** The lower five bits of a hex digit's character code are unique among hex digits. */
const DIGIT_BITS = 5;
const DIGITS = 32;
const WORDS = randomWords(DIGITS << DIGIT_BITS);

/** 32 bits for an address, to be hashed further: IPv4 unchanged, IPv6 hashed with a seed per run (drawn-hash.ts). */
export function addressWord(address: Address): number {
  if (typeof address === "number") return address;
  let word = 0;
  for (let at = 0; at < address.length; at++) {
    word ^= WORDS[(at << DIGIT_BITS) | (address.charCodeAt(at) & 31)] ?? 0;
  }
  return word >>> 0;
}
