import { type AuditedSetting, auditSettings } from "./audit.ts";
import { type DiagnoseOptions, diagnose } from "./diagnose.ts";
import type { Finding } from "./facts/finding.ts";
import type { SourceName } from "../model/events/event.ts";
import type { Tables } from "../model/fold/tables.ts";

/** What is wrong, the worst first, and how much was looked at to find it. */
export interface Diagnosis {
  /** Unix epoch, milliseconds. */
  readonly wallMs: number;
  readonly source: SourceName | null;
  /** How long was watched. */
  readonly seconds: number;
  /** False when a /proc survey could not read some process. */
  readonly complete: boolean;
  readonly unreadable: number;
  readonly lost: number;
  readonly stuckAfterMs: number;
  readonly lookedAt: {
    readonly sockets: number;
    readonly timeWait: number;
    readonly processes: number;
    readonly namespaces: number;
    readonly transitions: number;
  };
  readonly findings: readonly Finding[];
  readonly settings: readonly AuditedSetting[];
}

/** Draws up the answer of `tcptrace diagnose`, from all tables, at `tables.now`. */
export function buildDiagnosis(tables: Tables, options: DiagnoseOptions): Diagnosis {
  const { now, tracingSince, source, complete, unreadable, lost, transitions } = tables;
  const findings = diagnose(tables, options);
  return {
    wallMs: tables.wallMs(now),
    source,
    seconds: tracingSince === null ? 0 : (now - tracingSince) / 1e9,
    complete,
    unreadable,
    lost,
    stuckAfterMs: options.stuckAfterMs,
    lookedAt: {
      sockets: tables.sockets.size,
      timeWait: tables.timeWaits.size,
      processes: [...tables.processes].length,
      namespaces: tables.counters?.namespaces.length ?? 0,
      transitions,
    },
    findings,
    settings: auditSettings(tables, findings),
  };
}
