import { Doubts } from "./doubts.ts";
import { RunClock } from "./run-clock.ts";
import { RunSource } from "./run-source.ts";
import { SurveyState } from "./survey-state.ts";
import type { Filter } from "../filter/filter.ts";
import { ProcessTable } from "../processes/process-table.ts";
import { KernelCounters } from "../rates/kernel-counters.ts";
import { RunCounts } from "../rates/run-counts.ts";
import { RunSeries } from "../rates/run-series.ts";
import { LeakedDescriptors } from "../sockets/leaked-descriptors.ts";
import { SocketTable } from "../sockets/socket-table.ts";
import { TimeWaitLedger } from "../time-wait/time-wait-ledger.ts";

/** The state of a model, one object per part. The fold changes them, reports only read them. */
export class Tables {
  readonly clock = new RunClock();
  readonly source = new RunSource();
  readonly sockets = new SocketTable();
  readonly processes = new ProcessTable();
  readonly counts = new RunCounts();
  readonly series = new RunSeries();
  readonly surveys = new SurveyState();
  readonly doubts = new Doubts();
  readonly leakedDescriptors = new LeakedDescriptors();
  readonly kernel = new KernelCounters();
  readonly timeWaits: TimeWaitLedger;

  /** `timeWaitFilter` selects the mini-sockets to count. */
  constructor(timeWaitFilter: Filter) {
    this.timeWaits = new TimeWaitLedger(timeWaitFilter);
  }
}
