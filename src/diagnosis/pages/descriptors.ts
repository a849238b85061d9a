import { SOURCES } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const DESCRIPTORS: Page = {
  topic: "descriptors",
  aliases: ["descriptors-running-out", "files-running-out", "emfile", "enfile"],
  title: "`Too many open files`: limits of a process and of the machine",
  what: [
    "Each socket that a process holds takes a descriptor. Past RLIMIT_NOFILE open(), accept() and socket() fail with EMFILE; a " +
      "server then does not accept, while its queue fills.",
    "The machine has a limit of its own, fs.file-max (ENFILE), and fs.nr_open bounds what RLIMIT_NOFILE can be set to.",
  ],
  causes: [
    "A leak, mostly of sockets in CLOSE_WAIT.",
    "Honest load beyond a limit that was never set: 1024 is the kernel's default.",
  ],
  helps: [
    "tcptrace leaks names who leaks, and when the descriptors run out.",
    "For honest load: LimitNOFILE= in the service's unit; for the process that runs: prlimit --pid PID --nofile=N.",
  ],
  avoid: [
    { what: "a higher limit for a process that leaks", why: "it delays the end" },
    { what: "fs.file-max for EMFILE", why: "that is the process's limit, not the machine's" },
  ],
  sources: [SOURCES.limits, SOURCES.descriptors, SOURCES.accept, SOURCES.files],
};
