import { SOURCES } from "../facts/sources.ts";
import type { Page } from "./page.ts";

export const DESCRIPTORS: Page = {
  topic: "descriptors",
  aliases: ["descriptors-running-out", "files-running-out", "emfile", "enfile"],
  title: "`Too many open files`: limits of a process and of the machine",
  what: [
    "Each socket that a process holds takes a descriptor. Above RLIMIT_NOFILE, open(), accept() and socket() fail with EMFILE; a " +
      "server then stops accepting while its queue fills.",
    "The machine has its own limit, fs.file-max (ENFILE), and fs.nr_open limits what RLIMIT_NOFILE can be set to.",
  ],
  causes: [
    "A leak, usually of sockets in CLOSE_WAIT.",
    "Legitimate load and a limit left at the kernel's default of 1024.",
  ],
  helps: [
    "tcptrace leaks names the leaking process and when its descriptors run out.",
    "For legitimate load: LimitNOFILE= in the service's unit; for a running process: prlimit --pid PID --nofile=N.",
  ],
  avoid: [
    { what: "a higher limit for a process that leaks", why: "the leak only takes longer to hit the limit" },
    { what: "fs.file-max for EMFILE", why: "EMFILE is the limit of the process, not of the machine" },
  ],
  sources: [SOURCES.limits, SOURCES.descriptors, SOURCES.accept, SOURCES.files],
};
