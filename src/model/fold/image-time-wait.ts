import type { ImagedTimeWait } from "../events/image.ts";
import type { Tables } from "./tables.ts";
import { addTimeWait } from "./time-wait-fold.ts";
import { endsOf } from "../time-wait/destination.ts";

/** Draws up all mini-sockets. */
export function imageTimeWaits({ timeWaits }: Tables): ImagedTimeWait[] {
  const rows: ImagedTimeWait[] = [];
  timeWaits.forEach((slot) => {
    const { side, netns, source, address, port } = timeWaits.destination(slot);
    const times = { since: timeWaits.since(slot), endsAt: timeWaits.endsAt(slot) };
    const ends = { side, netns, source, address, port, clientPort: timeWaits.clientPort(slot) };
    const pid = timeWaits.process(slot)?.pid ?? null;
    rows.push({ ...ends, ...times, pid, isFinWait2: timeWaits.isFinWait2(slot) });
  });
  return rows;
}

/** Makes the tables know them; they count as standing, and not as made. */
export function foldImagedTimeWaits(tables: Tables, rows: readonly ImagedTimeWait[]): void {
  for (const row of rows) {
    const { side, clientPort, pid, since, endsAt, isFinWait2 } = row;
    const destination = tables.destinations.use(endsOf(row, clientPort), side, since);
    if (destination === undefined) continue;
    const process = pid === null ? null : (tables.processes.at(pid) ?? null);
    addTimeWait(tables, { destination, clientPort }, since, { process, endsAt, isFinWait2 });
  }
}
