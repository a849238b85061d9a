import { formatAddress, formatEndpoint } from "../../model/net/address.ts";
import type {
  ChurnCount,
  ChurnReport,
  DestinationChurn,
  NamespaceChurn,
  ProcessChurn,
  TimeWaitCount,
} from "../../model/reports/churn-report.ts";
import { isoTime } from "../format/time.ts";

/** The report as one JSON document with a newline, as docs/command-line.md has it. Rates are over the time watched. */
export function churnJson(report: ChurnReport): string {
  const { wallMs, seconds, source, entered, lost, complete, total, namespaces, processes, unowned, destinations } =
    report;
  const document = {
    time: isoTime(wallMs),
    seconds: rounded(seconds),
    source,
    lost,
    complete,
    timeWait: { ...countJson(total), enteredPerSecond: perSecond(entered, seconds) },
    namespaces: namespaces.map(namespaceJson),
    processes: processes.map((process) => processJson(process, seconds)),
    unowned: unowned === null ? null : madeJson(unowned, seconds),
    destinations: destinations.map((destination) => destinationJson(destination, seconds)),
  };
  return `${JSON.stringify(document)}\n`;
}

function countJson({ now, finWait2, kernel, limit, overflowed, recycled }: TimeWaitCount): object {
  return { now, finWait2, kernel, limit, overflowed, recycled };
}

function namespaceJson({ netns, ...count }: NamespaceChurn): object {
  return { netns, ...countJson(count) };
}

function processJson({ pid, comm, ...count }: ProcessChurn, seconds: number): object {
  return { pid, comm, ...madeJson(count, seconds) };
}

function madeJson({ entered, now }: ChurnCount, seconds: number): object {
  return { enteredPerSecond: perSecond(entered, seconds), entered, now };
}

function destinationJson(destination: DestinationChurn, seconds: number): object {
  const { netns, side, source, address, port, timeWait, entered, inUse, reusable, ports, exhaustedInMs } = destination;
  return {
    source: formatAddress(source),
    destination: formatEndpoint(address, port),
    side,
    netns,
    timeWait,
    enteredPerSecond: perSecond(entered, seconds),
    inUse,
    reusable,
    ports,
    exhaustedInMs: exhaustedInMs === null ? null : Math.round(exhaustedInMs),
    processes: destination.users,
  };
}

function perSecond(count: number, seconds: number): number {
  return seconds > 0 ? rounded(count / seconds) : 0;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
