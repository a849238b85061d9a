/** A pair of states as one number: `from << 4 | to`, by the kernel's numbers of states. */
export type Pair = number;

/** An accept among the pairs: it is counted like one, but is not a transition. */
export const ACCEPTED: Pair = 0x0f;

/** How many events a CPU has tried to send, one count for each of `PAIRS`. */
export type SentCounts = Float64Array;

/**
 * The pairs that a heartbeat counts separately, in its order (probes/wire.bt): all that a kernel makes in ordinary use.
 * The first place counts all others together.
 */
export const PAIRS: readonly Pair[] = [
  0,
  0x72,
  0x7a,
  0xa3,
  0x31,
  0x21,
  0x14,
  0x18,
  0x45,
  0x4b,
  0x89,
  0x34,
  0x17,
  0x27,
  0x37,
  0x47,
  0x57,
  0x87,
  0x97,
  0xa7,
  0xb7,
  0x77,
  0x44,
  0x55,
  0x99,
  ACCEPTED,
];

const PLACES = new Uint8Array(256);
for (const [place, pair] of PAIRS.entries()) PLACES[pair] = place;

/** Where a pair is counted. */
export function placeOf(pair: Pair): number {
  return PLACES[pair] ?? 0;
}

export function noneSent(): SentCounts {
  return new Float64Array(PAIRS.length);
}
