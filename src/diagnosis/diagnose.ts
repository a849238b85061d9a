import type { Tables } from "../model/tables.ts";
import type { Finding } from "./finding.ts";

export interface DiagnoseOptions {
  /** When CLOSE_WAIT counts as stuck. */
  readonly stuckAfterMs: number;
}

/** All that is wrong at this moment, the worst first. */
export function diagnose(_tables: Tables, _options: DiagnoseOptions): readonly Finding[] {
  return [];
}
