import { type AuditedSetting, auditSettings } from "./audit.ts";
import { type DiagnoseOptions, diagnose } from "./diagnose.ts";
import type { Finding } from "./facts/finding.ts";
import type { SourceName } from "../model/events/event.ts";
import type { Tables } from "../model/fold/tables.ts";

/** The findings, worst first, and how much was examined. */
export interface Diagnosis {
  /** Unix epoch, milliseconds. */
  readonly wallMs: number;
  readonly source: SourceName | null;
  /** How long tcptrace watched. */
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

/** Builds the answer of `tcptrace diagnose` from all tables, at the time of the last event. */
export function buildDiagnosis(tables: Tables, options: DiagnoseOptions): Diagnosis {
  const { clock, source, surveys, counts } = tables;
  const findings = diagnose(tables, options);
  return {
    wallMs: clock.wallMs(clock.now),
    source: source.name,
    seconds: source.secondsUntil(clock.now),
    complete: surveys.isComplete,
    unreadable: surveys.unreadable,
    lost: counts.lost,
    stuckAfterMs: options.stuckAfterMs,
    lookedAt: {
      sockets: tables.sockets.size,
      timeWait: tables.timeWaits.table.size,
      processes: [...tables.processes].length,
      namespaces: tables.kernel.namespaces.length,
      transitions: counts.transitions,
    },
    findings,
    settings: auditSettings(tables, findings),
  };
}
