import type { FilterSubject } from "./filter.ts";
import type { SocketTuple } from "../net/tuple.ts";
import type { TcpState } from "../net/tcp-state.ts";

/** What a filter looks at of a process. */
interface NamedProcess {
  readonly pid: number;
  readonly comm: string;
  readonly facts: { readonly cmdline: string } | null;
}

const NOBODY: readonly never[] = [];

/* Made for each of a hundred thousand sockets a frame: one literal, which spreading is ten times slower than. */
export function filterSubject(
  ends: SocketTuple,
  process: NamedProcess | null,
  states: readonly TcpState[],
  ageMs: number | null,
): FilterSubject {
  return {
    pids: process === null ? NOBODY : [process.pid],
    names: process === null ? NOBODY : [process.comm, process.facts?.cmdline ?? ""],
    localAddress: ends.localAddress,
    localPort: ends.localPort,
    remoteAddress: ends.remoteAddress,
    remotePort: ends.remotePort,
    states,
    ageMs,
  };
}
