import type { Evidence } from "../model/events/event.ts";
import { type TimeWaitOutcome, TCP } from "../model/net/tcp-state.ts";

const EVIDENCE = new Map<number, Evidence>();

/**
 * The wire's evidence bits (1 dead, 2 done, 4 acked, 16 no FIN_WAIT2, 32 to 128 what is left) and errno as an object.
 * Equal evidence shares one object, so that events do not need one each.
 */
export function evidenceOf(bits: number, error: number): Evidence {
  const key = bits | (error << 8);
  let evidence = EVIDENCE.get(key);
  if (evidence === undefined) {
    const [dead, done, acked] = [(bits & 1) !== 0, (bits & 2) !== 0, (bits & 4) !== 0];
    evidence = { dead, done, acked, noFinWait2: (bits & 16) !== 0, error, left: leftOf(bits) };
    EVIDENCE.set(key, evidence);
  }
  return evidence;
}

/** The wire's evidence bits; the errno is a field of its own. */
export function evidenceBits({ dead, done, acked, noFinWait2, left }: Evidence): number {
  return Number(dead) | (Number(done) << 1) | (Number(acked) << 2) | (Number(noFinWait2) << 4) | bitsOfLeft(left);
}

/** In place of a descriptor, from probes that trace only the kernel's functions: it is assigned later. */
export const NO_DESCRIPTOR = 0xffff_ffff;

export function descriptorOf(field: number): number | null {
  return field === NO_DESCRIPTOR ? null : field;
}

const IS_KNOWN = 32;
const IS_TIME_WAIT = 64;
const IS_FIN_WAIT2 = 128;

function leftOf(bits: number): TimeWaitOutcome {
  if ((bits & IS_KNOWN) === 0) return "unknown";
  if ((bits & IS_TIME_WAIT) !== 0) return TCP.TIME_WAIT;
  return (bits & IS_FIN_WAIT2) === 0 ? "none" : TCP.FIN_WAIT2;
}

function bitsOfLeft(left: TimeWaitOutcome): number {
  if (left === "unknown") return 0;
  return IS_KNOWN | (left === TCP.TIME_WAIT ? IS_TIME_WAIT : 0) | (left === TCP.FIN_WAIT2 ? IS_FIN_WAIT2 : 0);
}
