import { SOURCES, ipSysctl } from "../facts/sources.ts";
import type { SysctlAdvice } from "./sysctl-advice.ts";

const DELAYS = "it only delays the end of a leak";

/** Limits of files and of orphans. */
export const LIMIT_KNOBS: readonly SysctlAdvice[] = [
  {
    name: "fs.file-max",
    default: "by memory (systemd: as much as there can be)",
    does: "how many files all processes may have open together; past it open() fails with ENFILE, but for root",
    helps: { "files-running-out": "where the load is honest; else find who leaks" },
    refusals: {
      "close-wait-leak": DELAYS,
      "descriptors-running-out": "the process is at its own limit (EMFILE), not at the machine's (ENFILE)",
      "accept-queue-stalled": "a process that cannot accept is at its own limit (EMFILE)",
    },
    myth: "`Too many open files` (EMFILE) is not about it; `Too many open files in system` (ENFILE) is.",
    sources: [SOURCES.files, SOURCES.accept],
  },
  {
    name: "fs.nr_open",
    default: "1048576",
    does: "the most that RLIMIT_NOFILE of any process can be set to",
    helps: { "descriptors-running-out": "only where a process needs a limit above it" },
    refusals: { "close-wait-leak": DELAYS, "files-running-out": "it is about single processes" },
    myth: "Raising it raises no process's limit: that is RLIMIT_NOFILE.",
    sources: [SOURCES.files, SOURCES.limits],
  },
  {
    name: "RLIMIT_NOFILE",
    default: "1024 soft, 4096 hard (systemd: 524288 hard)",
    does: "how many files one process may have open; past it open(), accept() and socket() fail with EMFILE",
    helps: { "descriptors-running-out": "where the load is honest: prlimit for the process, LimitNOFILE= in its unit" },
    refusals: {
      "close-wait-leak": DELAYS,
      "files-running-out": "it lets one process take even more of what the machine is short of",
      "accept-queue-stalled": "it helps only where accept() fails with EMFILE",
    },
    myth: "limits.conf is for logins; services get theirs from systemd, and a running process keeps what it has.",
    sources: [SOURCES.limits, SOURCES.files],
  },
  {
    name: "net.ipv4.tcp_max_orphans",
    default: "by memory",
    does: "how many sockets without a process there may be; past it the kernel resets them at once",
    helps: { "fin-wait-1": "raise it where orphans near it, and memory allows: up to 64 KiB each" },
    refusals: { "close-wait-leak": "sockets in CLOSE_WAIT have a process, which holds them" },
    myth: "The documentation forbids to rely on it or to lower it.",
    sources: [ipSysctl("tcp_max_orphans"), SOURCES.orphanCode],
  },
];
