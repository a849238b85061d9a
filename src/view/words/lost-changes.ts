import { formatNumber, formatPlural } from "../../base/quantity.ts";
import { stateName } from "../../model/net/tcp-state.ts";
import type { ChangeTotal } from "../../model/rates/change-counts.ts";

/**
 * Which kinds of transition were lost, out of all that the kernel counted, most lost first:
 * `12 of 1,234 ESTABLISHED to CLOSE_WAIT, 3 of 900 LISTEN to SYN_RECV and 4 more kinds`. Empty when none were lost.
 */
export function lostChangesText(changes: readonly ChangeTotal[], most: number): string {
  const lost = changes.filter((change) => change.lost > 0);
  const more = lost.length - most;
  const kinds = lost.slice(0, most).map(kindText).join(", ");
  return more > 0 ? `${kinds} and ${formatPlural(more, "more kind")}` : kinds;
}

function kindText({ from, to, count, lost }: ChangeTotal): string {
  if (from === null || to === null) return `${formatNumber(lost)} of other kinds`;
  return `${formatNumber(lost)} of ${formatNumber(count)} ${stateName(from)} to ${stateName(to)}`;
}
