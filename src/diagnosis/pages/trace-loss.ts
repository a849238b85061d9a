import { SOURCES } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const TRACE_LOSS: Page = {
  topic: "trace-loss",
  aliases: ["lost"],
  title: "what tcptrace itself has not seen",
  what: [
    "bpftrace writes events into a buffer of each CPU. What does not fit is lost, and counted to the event. The kernel also runs no " +
      "BPF program inside another one; most of what it skips so is found again from what does not fit together without it.",
    "Counts and rates may then be too low, and ages too young. No process is named wrongly: what is not known is said to be so, and " +
      "the next survey of /proc puts states and owners right.",
  ],
  causes: [
    "A machine that is out of CPU, or very many transitions a second.",
    "A bpftrace that was killed: then a gap is told, and it is started again.",
  ],
  helps: [
    "Run it again when there is CPU to spare, or longer: --duration 1m.",
    "tcptrace doctor says what could be better on this machine.",
  ],
  avoid: [],
  sources: [SOURCES.self, "README.md of bpftrace: BPFTRACE_PERF_RB_PAGES"],
};
