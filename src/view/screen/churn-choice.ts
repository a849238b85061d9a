import { type SortValue, sortBy } from "../../base/order.ts";
import { type FilterSubject, NOTHING_KNOWN } from "../../model/filter/filter.ts";
import { TCP } from "../../model/net/tcp-state.ts";
import type { ChurnReport, DestinationChurn, ProcessChurn } from "../../model/reports/churn-report.ts";
import { portWarning } from "../print/churn-text.ts";
import type { Scene } from "./view.ts";

type Choice = Pick<Scene, "ui"> & { readonly data: Pick<Scene["data"], "filter"> };
type Order = Pick<Scene["level"], "sort" | "reverse">;

/** What the processes can be sorted by. */
export const CHURN_SORTS: readonly { id: string; title: string; value: (row: ProcessChurn) => SortValue }[] = [
  { id: "pid", title: "PID", value: ({ pid }) => pid },
  { id: "comm", title: "COMMAND", value: ({ comm }) => comm },
  { id: "entered", title: "ENTERED/s", value: ({ enteredPerSecond }) => enteredPerSecond },
  { id: "now", title: "TIME_WAIT", value: ({ now }) => now },
];

/** The processes that the filter takes, in the order that was asked for. */
export function chosenProcesses(
  report: ChurnReport,
  { level, ...choice }: Choice & { readonly level: Order },
): readonly ProcessChurn[] {
  const column = CHURN_SORTS.find(({ id }) => id === level.sort);
  const taken = takenProcesses(report, choice);
  const sorted = column === undefined ? taken : sortBy(taken, column.value);
  return level.reverse ? sorted.toReversed() : sorted;
}

/** By themselves, or for a destination that they use. */
function takenProcesses(report: ChurnReport, { ui, data }: Choice): readonly ProcessChurn[] {
  const { processes, destinations } = report;
  const suspects = new Set(destinations.filter(isShort).flatMap(({ users }) => users.map(({ pid }) => pid)));
  const suspicious = ui.onlySuspicious ? processes.filter(({ pid }) => suspects.has(pid)) : processes;
  if (data.filter.isEmpty) return suspicious;
  const chosen = new Set(chosenDestinations(report, { ui, data }).flatMap(({ users }) => users.map(({ pid }) => pid)));
  return suspicious.filter((row) => chosen.has(row.pid) || data.filter.matches(processSubject(row)));
}

/** The destinations that the filter takes, with `a` only those whose ports run out. */
export function chosenDestinations({ destinations }: ChurnReport, { ui, data }: Choice): readonly DestinationChurn[] {
  const suspicious = ui.onlySuspicious ? destinations.filter(isShort) : destinations;
  if (data.filter.isEmpty) return suspicious;
  return suspicious.filter((one) => data.filter.matches(destinationSubject(one)));
}

function isShort(destination: DestinationChurn): boolean {
  return portWarning(destination) !== null;
}

/** Its mini-sockets have many ends: no term for one of them holds. */
function processSubject({ pid, comm }: ProcessChurn): FilterSubject {
  return { ...NOTHING_KNOWN, pids: [pid], names: [comm], states: [TCP.TIME_WAIT] };
}

/** As our own side sees it. */
function destinationSubject({ side, source, address, port, users }: DestinationChurn): FilterSubject {
  const client = { localAddress: source, localPort: 0, remoteAddress: address, remotePort: port };
  const server = { localAddress: address, localPort: port, remoteAddress: source, remotePort: 0 };
  const who = { pids: users.map(({ pid }) => pid), names: users.map(({ comm }) => comm) };
  return { ...NOTHING_KNOWN, ...who, ...(side === "client" ? client : server), states: [TCP.TIME_WAIT] };
}
