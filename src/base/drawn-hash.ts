// Hashes whose random words are drawn per run, so that nobody can choose keys that collide. What is printed must not depend on them.

/** `count` random numbers of 32 bits. */
export function randomWords(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, () => Math.random() * 2 ** 32);
}

const WORDS = randomWords(8 * 256);

/**
 * Two numbers, of which it takes the lower 32 bits, as 32 bits that are all equally good. Each value of each byte has a word of its
 * own (simple tabulation), so that linear probing takes a few steps whatever the keys are (Patrascu and Thorup 2011).
 */
export function hashPair(first: number, second: number): number {
  const low =
    (WORDS[first & 255] ?? 0) ^
    (WORDS[256 | ((first >>> 8) & 255)] ?? 0) ^
    (WORDS[512 | ((first >>> 16) & 255)] ?? 0) ^
    (WORDS[768 | (first >>> 24)] ?? 0);
  const high =
    (WORDS[1024 | (second & 255)] ?? 0) ^
    (WORDS[1280 | ((second >>> 8) & 255)] ?? 0) ^
    (WORDS[1536 | ((second >>> 16) & 255)] ?? 0) ^
    (WORDS[1792 | (second >>> 24)] ?? 0);
  return (low ^ high) >>> 0;
}

/** The same of one number of up to 53 bits. */
export function hashNumber(key: number): number {
  return hashPair(key | 0, (key / 2 ** 32) | 0);
}
