import type { Nanos } from "../net/nanos.ts";
import type { Process } from "../processes/process.ts";
import type { ProcessRow } from "./snapshot.ts";
import { Tally } from "./tally.ts";

const NOTHING = new Tally();

/** A process as the views show it; `tally` counts its sockets. */
export function processRow(process: Process, tally: Tally | undefined, now: Nanos): ProcessRow {
  const { facts } = process;
  const grown = process.closeWaits.perSecond();
  return {
    pid: process.pid,
    comm: process.comm,
    cmdline: facts?.cmdline ?? null,
    user: process.uid,
    container: facts?.container ?? null,
    unit: facts?.unit ?? null,
    transitions: process.transitions,
    transitionsPerSecond: process.rate.perSecond(now),
    openedPerSecond: process.opened.perSecond(now),
    closedPerSecond: process.closed.perSecond(now),
    growthPerMinute: grown === null ? null : grown * 60,
    fdUsed: facts?.fdUsed ?? null,
    fdLimit: facts?.fdLimit ?? null,
    fdExhaustedInMs: facts?.fdLimit == null ? null : process.descriptors.msUntil(facts.fdLimit, now),
    ...(tally ?? NOTHING).counts(now),
  };
}

/** Worst first. */
export function byBlame(a: ProcessRow, b: ProcessRow): number {
  return (
    b.stuck - a.stuck ||
    b.closeWait - a.closeWait ||
    (b.growthPerMinute ?? 0) - (a.growthPerMinute ?? 0) ||
    b.transitionsPerSecond - a.transitionsPerSecond ||
    a.pid - b.pid
  );
}
