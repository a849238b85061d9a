import { SOURCES } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const TRACE_LOSS: Page = {
  topic: "trace-loss",
  aliases: ["lost"],
  title: "events that tcptrace missed",
  what: [
    "bpftrace writes events to a buffer per CPU. Events that do not fit are lost, and their exact number is counted. The kernel also " +
      "never runs a BPF program inside another one; most events skipped for that reason are inferred from later events.",
    "Counts and rates may then be too low, and ages too short. No process is named wrongly: an unknown owner is shown as unknown, " +
      "and the next survey of /proc corrects states and owners.",
  ],
  causes: [
    "A machine short of CPU time, or a very high rate of transitions.",
    "bpftrace was killed: tcptrace reports a gap and restarts it.",
  ],
  helps: [
    "Run it again with CPU time to spare, or for longer: --duration 1m.",
    "tcptrace doctor lists what is missing on this machine.",
  ],
  avoid: [],
  sources: [SOURCES.self, "README.md of bpftrace: BPFTRACE_PERF_RB_PAGES"],
};
