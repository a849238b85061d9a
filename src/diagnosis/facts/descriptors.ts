import { formatDuration } from "../../base/quantity.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import type { Process } from "../../model/processes/process.ts";

/** From this share on a process is close to its limit. */
export const NEARLY_FULL = 0.8;

/** How many files a process may open yet, and until when. */
export interface Descriptors {
  readonly used: number | null;
  readonly limit: number | null;
  /** Of the limit, used; null where that is not known. */
  readonly share: number | null;
  readonly exhaustedInMs: number | null;
}

export function descriptorsOf({ facts, descriptors }: Process, now: Nanos): Descriptors {
  const used = facts?.fdUsed ?? null;
  const limit = facts?.fdLimit ?? null;
  const share = used === null || limit === null || limit === 0 ? null : used / limit;
  const ms = limit === null || used === null ? null : descriptors.msUntil(limit, now);
  return { used, limit, share, exhaustedInMs: ms === null ? null : Math.round(ms) };
}

/** `; 812 of 1024 descriptors used, full in 12m04s`; nothing while few are used and no end can be foreseen. */
export function descriptorText({ used, limit, exhaustedInMs }: Omit<Descriptors, "share">): string {
  if (used === null || limit === null) return "";
  if (used >= limit) return `; all ${limit} descriptors used`;
  if (used < limit * NEARLY_FULL && exhaustedInMs === null) return "";
  return `; ${used} of ${limit} descriptors used${exhaustedInMs === null ? "" : `, full in ${formatDuration(exhaustedInMs)}`}`;
}
