import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { SysctlAdvice } from "./sysctl-advice.ts";

const DELAYS = "the leak only takes longer to hit the limit";

/** Limits of files and of orphans. */
export const LIMIT_KNOBS: readonly SysctlAdvice[] = [
  {
    name: "fs.file-max",
    default: "by memory (systemd: the maximum)",
    does: "how many files all processes together may have open; above it open() fails with ENFILE, except for root",
    helps: { "files-running-out": "if the load is legitimate; otherwise find the leak" },
    refusals: {
      "close-wait-leak": DELAYS,
      "descriptors-running-out": "the process is at its own limit (EMFILE), not at that of the machine (ENFILE)",
      "accept-queue-stalled": "a process that cannot accept is at its own limit (EMFILE)",
    },
    myth: "`Too many open files` (EMFILE) is not this limit; `Too many open files in system` (ENFILE) is.",
    sources: [SOURCES.files, SOURCES.accept],
  },
  {
    name: "fs.nr_open",
    default: "1048576",
    does: "the highest value that RLIMIT_NOFILE of a process can be set to",
    helps: { "descriptors-running-out": "only where a process needs a limit above it" },
    refusals: { "close-wait-leak": DELAYS, "files-running-out": "it applies to single processes" },
    myth: "Raising it does not raise the limit of any process: that is RLIMIT_NOFILE.",
    sources: [SOURCES.files, SOURCES.limits],
  },
  {
    name: "RLIMIT_NOFILE",
    default: "1024 soft, 4096 hard (systemd: 524288 hard)",
    does: "how many files one process may have open; above it open(), accept() and socket() fail with EMFILE",
    helps: {
      "descriptors-running-out": "if the load is legitimate: prlimit for the process, LimitNOFILE= in its unit",
    },
    refusals: {
      "close-wait-leak": DELAYS,
      "files-running-out": "it lets one process take even more of what is running out",
      "accept-queue-stalled": "it helps only if accept() fails with EMFILE",
    },
    myth: "limits.conf applies to logins; services get their limits from systemd, and a running process keeps its own.",
    sources: [SOURCES.limits, SOURCES.files],
  },
  {
    name: "net.ipv4.tcp_max_orphans",
    default: "by memory",
    does: "how many sockets without a process may exist; above it the kernel resets them at once",
    helps: { "fin-wait-1": "raise it if the number of orphans is close to it and memory allows: up to 64 KiB each" },
    refusals: { "close-wait-leak": "sockets in CLOSE_WAIT are held by a process" },
    myth: "The documentation warns against relying on it or lowering it.",
    sources: [ipSysctl("tcp_max_orphans"), SOURCES.orphanCode],
  },
];
