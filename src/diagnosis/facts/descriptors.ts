import { formatDuration, formatNumber } from "../../base/quantity.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import type { Process } from "../../model/processes/process.ts";

/** A process above this share is close to its limit. */
export const NEARLY_FULL = 0.8;

/** The descriptors a process uses, and when they run out. */
export interface Descriptors {
  readonly used: number | null;
  readonly limit: number | null;
  /** Used, as a share of the limit; null where unknown. */
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

/** `; 812 of 1,024 descriptors used, full in 12m04s`; empty while few are used and they are not running out. */
export function descriptorText({ used, limit, exhaustedInMs }: Omit<Descriptors, "share">): string {
  if (used === null || limit === null) return "";
  if (used >= limit) return `; all ${formatNumber(limit)} descriptors used`;
  if (used < limit * NEARLY_FULL && exhaustedInMs === null) return "";
  const end = exhaustedInMs === null ? "" : `, full in ${formatDuration(exhaustedInMs)}`;
  return `; ${formatNumber(used)} of ${formatNumber(limit)} descriptors used${end}`;
}
