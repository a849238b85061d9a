import { type SocketScan, scanSockets } from "./socket-scan.ts";
import { buildPressed } from "./pressed.ts";
import { type Filter, MATCH_ALL } from "../../model/filter/filter.ts";
import type { Tables } from "../../model/fold/tables.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import { type SysctlName, sysctlNumber } from "../../model/net/sysctl.ts";
import type { Process } from "../../model/processes/process.ts";
import type { DestinationChurn } from "../../model/reports/churn-report.ts";

export interface DiagnoseOptions {
  /** A socket in CLOSE_WAIT for longer is stuck. */
  readonly stuckAfterMs: number;
  /**
   * Only findings about matching sockets and their processes; without a filter also about namespaces and the machine.
   */
  readonly filter?: Filter;
}

/** The input of all rules: the model's tables at the time of the last event, with the sockets already counted. */
export interface Situation {
  readonly tables: Tables;
  readonly now: Nanos;
  readonly stuckAfterMs: number;
  readonly filter: Filter;
  readonly scan: SocketScan;
  /** Destinations that may run out of ports. */
  readonly pressed: readonly DestinationChurn[];
}

export function buildSituation(tables: Tables, { stuckAfterMs, filter = MATCH_ALL }: DiagnoseOptions): Situation {
  const scan = scanSockets(tables, stuckAfterMs, filter);
  return { tables, now: tables.clock.now, stuckAfterMs, filter, scan, pressed: buildPressed(tables) };
}

/** A setting of a namespace or of the machine; null where unknown. */
export function settingOf({ tables }: Situation, netns: number | null, name: SysctlName): number | null {
  const own = netns === null ? undefined : tables.kernel.settings.get(netns)?.sysctls;
  return sysctlNumber(own ?? {}, name) ?? sysctlNumber(tables.kernel.host?.sysctls ?? {}, name);
}

/** The process with this pid; null where unknown. */
export function processAt({ tables }: Situation, pid: number | null): Process | null {
  return pid === null ? null : (tables.processes.at(pid) ?? null);
}

/** `api (pid 812)`, or another text where the process is unknown. */
export function who(process: Pick<Process, "pid" | "comm"> | null, nobody = "an unknown process"): string {
  return process === null ? nobody : `${process.comm} (pid ${process.pid})`;
}

/** ` in network namespace 4026532177` when there are several, else empty. */
export function inNamespace({ tables }: Situation, netns: number | null): string {
  return netns === null || tables.kernel.namespaces.length < 2 ? "" : ` in network namespace ${netns}`;
}
