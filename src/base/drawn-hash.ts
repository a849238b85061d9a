// Hashes with random words that differ per run, so that an attacker cannot choose keys that collide. Output must not
// depend on them.

/** `count` random 32-bit numbers. */
export function randomWords(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, () => Math.random() * 2 ** 32);
}

const WORDS = randomWords(8 * 256);

/**
 * Hashes the low 32 bits of two numbers to 32 equally good bits. Each value of each byte has its own random word
 * (simple tabulation), so that linear probing takes a few steps for any keys (Patrascu and Thorup 2011).
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

/** Hashes one number of up to 53 bits. */
export function hashNumber(key: number): number {
  return hashPair(key | 0, (key / 2 ** 32) | 0);
}
