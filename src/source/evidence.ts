import type { Evidence } from "../model/event.ts";

const EVIDENCE = new Map<number, Evidence>();

/**
 * The wire's evidence bits (1 dead, 2 done, 4 acked, 16 no FIN_WAIT2) and errno as an object; equal ones are one, so none is
 * made per event.
 */
export function evidenceOf(bits: number, error: number): Evidence {
  const key = bits | (error << 5);
  let evidence = EVIDENCE.get(key);
  if (evidence === undefined) {
    const [dead, done, acked] = [(bits & 1) !== 0, (bits & 2) !== 0, (bits & 4) !== 0];
    evidence = { dead, done, acked, noFinWait2: (bits & 16) !== 0, error };
    EVIDENCE.set(key, evidence);
  }
  return evidence;
}

/** The wire's evidence bits; the errno is a field of its own. */
export function evidenceBits({ dead, done, acked, noFinWait2 }: Evidence): number {
  return Number(dead) | (Number(done) << 1) | (Number(acked) << 2) | (Number(noFinWait2) << 4);
}
