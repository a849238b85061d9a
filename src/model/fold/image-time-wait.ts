import type { ImagedTimeWait } from "../events/image.ts";
import type { Tables } from "./tables.ts";
import { tupleOf } from "../time-wait/destination.ts";

/** Returns all mini-sockets. */
export function imageTimeWaits({ timeWaits: { table } }: Tables): ImagedTimeWait[] {
  const rows: ImagedTimeWait[] = [];
  table.forEach((slot) => {
    const { side, netns, source, address, port } = table.destination(slot);
    const times = { since: table.since(slot), endsAt: table.endsAt(slot) };
    const tuple = { side, netns, source, address, port, clientPort: table.clientPort(slot) };
    const pid = table.process(slot)?.pid ?? null;
    rows.push({ ...tuple, ...times, pid, isFinWait2: table.isFinWait2(slot) });
  });
  return rows;
}

/** Adds the mini-sockets to the tables; they count as current, but not as new. */
export function foldImagedTimeWaits(tables: Tables, rows: readonly ImagedTimeWait[]): void {
  for (const row of rows) {
    const { side, clientPort, pid, since, endsAt, isFinWait2 } = row;
    const destination = tables.timeWaits.destinations.use(tupleOf(row, clientPort), side, since);
    if (destination === undefined) continue;
    const process = pid === null ? null : (tables.processes.at(pid) ?? null);
    tables.timeWaits.add({ destination, clientPort }, since, { process, endsAt, isFinWait2 });
  }
}
