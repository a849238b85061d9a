import { formatPlural } from "../../base/quantity.ts";
import { stateName } from "../../model/net/tcp-state.ts";
import type { ChangeTotal } from "../../model/rates/change-counts.ts";

/**
 * Which transitions were lost, of all of their kind that the kernel counted, the most of them first:
 * `12 of 1234 ESTABLISHED to CLOSE_WAIT, 3 of 900 LISTEN to SYN_RECV and 4 more kinds`. Empty when none were.
 */
export function lostChangesText(changes: readonly ChangeTotal[], most: number): string {
  const lost = changes.filter((change) => change.lost > 0);
  const more = lost.length - most;
  const kinds = lost.slice(0, most).map(kindText).join(", ");
  return more > 0 ? `${kinds} and ${formatPlural(more, "more kind")}` : kinds;
}

function kindText({ from, to, count, lost }: ChangeTotal): string {
  if (from === null || to === null) return `${lost} of kinds that are not counted apart`;
  return `${lost} of ${count} ${stateName(from)} to ${stateName(to)}`;
}
