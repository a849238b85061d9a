import type { Tables } from "../../model/fold/tables.ts";
import type { DestinationChurn } from "../../model/reports/churn-report.ts";
import { buildDestinations } from "../../model/reports/build-destinations.ts";

/** A destination with more of its ports in use gets a warning. */
const MUCH_IN_USE = 0.8;
const WORTH_A_LOOK = 0.5;
/** A connection keeps its port for a minute after it ends. */
const LOOK_AHEAD_SECONDS = 90;

/** The destinations that may run out of ports; the connections of others are not examined, which saves time. */
export function buildPressed(tables: Tables): readonly DestinationChurn[] {
  const wanted = new Set<number>();
  const isAll = tables.timeWaits.filter.isEmpty;
  for (const destination of tables.timeWaits.destinations) {
    const { side, live, timeWaits, chosen, rates, netns } = destination;
    if (side !== "client" || rates === null || (!isAll && chosen === 0)) continue;
    const { firstPort, lastPort, reservedPorts } = tables.kernel.settingsOf(netns);
    const ports = Math.max(1, lastPort - firstPort + 1 - reservedPorts);
    const inUse = live + timeWaits;
    const soon = inUse + rates.opened.perSecond(tables.clock.now) * LOOK_AHEAD_SECONDS;
    if (inUse >= ports * WORTH_A_LOOK || soon >= ports) wanted.add(destination.id);
  }
  return wanted.size === 0 ? [] : buildDestinations(tables, wanted);
}

/** Ports toward the destination that are not available now. */
export function portsTaken({ inUse, reusable }: DestinationChurn): number {
  return inUse - reusable;
}

export function isShort(destination: DestinationChurn): boolean {
  const { ports, exhaustedInMs } = destination;
  return ports !== null && (exhaustedInMs !== null || portsTaken(destination) >= ports * MUCH_IN_USE);
}
