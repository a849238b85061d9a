/**
 * The rooms of src, lowest first, and what each may import; types count, since a cycle of types is a cycle for the
 * reader. A room may import only rooms above it in this table. A test compares it with the code.
 */
export interface Room {
  /** What it is about, in a line. */
  readonly about: string;
  /** The rooms whose files it may import. */
  readonly imports: readonly string[];
  /** The packages that it may import; `node:` stands for all of Node's own modules. */
  readonly packages?: readonly string[];
  /** What it may import by `await import()` alone, so that other commands do not load it. */
  readonly lazily?: readonly string[];
  /** Why it has fewer than 4 files, or more than 16. */
  readonly oddSize?: string;
}

export type Rooms = Readonly<Record<string, Room>>;

export const MOST_FILES = 16;

export const ROOMS: Rooms = {
  base: {
    about: "Data structures and text functions without TCP",
    imports: [],
  },
  "host/machine": {
    about: "The machine: CPUs, users, PATH, errno",
    imports: ["base"],
    packages: ["node:"],
  },
  "model/net": {
    about: "Addresses, tuples, TCP states, kernel counters",
    imports: ["base"],
  },
  "view/format": {
    about: "Layout of frames, tables, charts and times",
    imports: ["base"],
    packages: ["string-width"],
  },
  "model/events": {
    about: "The TraceEvent union and its parts",
    imports: ["model/net"],
  },
  "model/filter": {
    about: "Filter expressions",
    imports: ["base", "model/net"],
  },
  terminal: {
    about: "Draws frames on a terminal, through blessed",
    imports: ["base", "view/format"],
    packages: ["blessed", "node:"],
  },
  "host/kernel": {
    about: "The kernel: version, settings, counters, ss",
    imports: ["base", "host/machine", "model/net", "model/events"],
    packages: ["node:"],
  },
  "host/processes": {
    about: "/proc/PID: names, descriptors, holders",
    imports: ["base", "host/machine", "model/net", "model/events"],
    packages: ["node:"],
  },
  "model/rates": {
    about: "Counts over time: rates, trends, history",
    imports: ["model/net", "model/events"],
  },
  "recording/format": {
    about: "The recording format",
    imports: ["base", "model/net", "model/events"],
    packages: ["node:", "zod"],
  },
  wire: {
    about: "Decodes the output of the probes into events",
    imports: ["base", "model/net", "model/events"],
  },
  "host/survey": {
    about: "/proc/net/tcp in every namespace",
    imports: ["base", "host/machine", "model/net", "model/events", "host/kernel", "host/processes"],
    packages: ["node:"],
  },
  "model/processes": {
    about: "Processes and owners",
    imports: ["base", "model/net", "model/events", "model/rates"],
  },
  "recording/read": {
    about: "Reads a recording file into events",
    imports: ["base", "model/net", "model/events", "recording/format", "wire"],
    packages: ["node:"],
  },
  "recording/write": {
    about: "Writes events to a recording file",
    imports: ["base", "host/machine", "model/net", "model/events", "host/kernel", "recording/format", "wire"],
    packages: ["node:"],
  },
  "source/intake": {
    about: "Orders the lines of all CPUs, and counts lost ones",
    imports: ["model/net", "model/events", "wire"],
  },
  "model/time-wait": {
    about: "TIME_WAIT: its minute, its destinations, its ports",
    imports: ["base", "model/net", "model/filter", "model/rates", "model/processes"],
  },
  "source/bpftrace": {
    about: "One bpftrace process, from start to exit",
    imports: [
      "base",
      "host/machine",
      "model/net",
      "model/events",
      "host/kernel",
      "host/processes",
      "wire",
      "source/intake",
    ],
    packages: ["execa", "node:"],
  },
  "source/surveys": {
    about: "Schedules surveys, ss and counters",
    imports: ["base", "host/machine", "model/net", "model/events", "host/kernel", "host/processes", "host/survey"],
    packages: ["execa", "node:"],
  },
  "model/sockets": {
    about: "Sockets, their holders, and stuck ones",
    imports: ["base", "model/net", "model/events", "model/filter", "model/processes", "model/time-wait"],
  },
  source: {
    about: "Choice of the source, restarts and fallback",
    imports: ["base", "model/net", "model/events", "host/processes", "source/bpftrace", "source/surveys"],
    packages: ["node:"],
  },
  "model/fold": {
    about: "Folds events into tables",
    imports: [
      "base",
      "model/net",
      "model/events",
      "model/filter",
      "model/rates",
      "model/processes",
      "model/time-wait",
      "model/sockets",
    ],
  },
  "model/reports": {
    about: "Builds the reports of leaks, churn and top",
    imports: [
      "base",
      "model/net",
      "model/events",
      "model/filter",
      "model/rates",
      "model/processes",
      "model/time-wait",
      "model/sockets",
      "model/fold",
    ],
  },
  "diagnosis/facts": {
    about: "Facts that the rules use",
    imports: ["base", "model/net", "model/filter", "model/processes", "model/sockets", "model/fold", "model/reports"],
  },
  "model/lists": {
    about: "The lists of top: groups, sockets, timelines",
    imports: ["base", "model/net", "model/events", "model/filter", "model/processes", "model/sockets", "model/reports"],
  },
  "diagnosis/rules/closing": {
    about: "Findings about closing connections",
    imports: [
      "base",
      "model/net",
      "model/events",
      "model/processes",
      "model/time-wait",
      "model/sockets",
      "diagnosis/facts",
    ],
  },
  "diagnosis/rules/limits": {
    about: "Findings about limits",
    imports: ["base", "model/processes", "diagnosis/facts"],
  },
  "diagnosis/rules/opening": {
    about: "Findings about opening connections",
    imports: ["base", "model/net", "model/sockets", "diagnosis/facts"],
  },
  "diagnosis/rules/time-wait": {
    about: "Findings about TIME_WAIT",
    imports: [
      "base",
      "model/net",
      "model/processes",
      "model/time-wait",
      "model/sockets",
      "model/reports",
      "diagnosis/facts",
    ],
  },
  "diagnosis/sysctls": {
    about: "Often recommended kernel settings, and their effect",
    imports: ["model/net", "diagnosis/facts"],
  },
  "view/state": {
    about: "The state of the screen: what is selected and shown",
    imports: [
      "base",
      "view/format",
      "model/filter",
      "model/sockets",
      "model/reports",
      "diagnosis/facts",
      "model/lists",
    ],
  },
  diagnosis: {
    about: "Runs the rules",
    imports: [
      "base",
      "model/net",
      "model/events",
      "model/fold",
      "diagnosis/facts",
      "diagnosis/rules/closing",
      "diagnosis/rules/limits",
      "diagnosis/rules/opening",
      "diagnosis/rules/time-wait",
      "diagnosis/sysctls",
    ],
    oddSize: "the rules and their shared code are rooms below it",
  },
  "diagnosis/pages": {
    about: "The pages of explain",
    imports: ["diagnosis/facts", "diagnosis/sysctls"],
  },
  "view/words": {
    about: "Sentences shared by the screen and text output",
    imports: [
      "base",
      "model/net",
      "view/format",
      "model/events",
      "model/rates",
      "model/reports",
      "diagnosis/facts",
      "model/lists",
      "view/state",
    ],
  },
  "view/print": {
    about: "Text, JSON and CSV for stdout",
    imports: [
      "base",
      "model/net",
      "view/format",
      "model/events",
      "model/rates",
      "model/processes",
      "model/sockets",
      "model/reports",
      "diagnosis/facts",
      "diagnosis",
      "diagnosis/pages",
      "view/words",
    ],
  },
  "commands/run": {
    about: "What live commands share: input, output, recording",
    imports: [
      "base",
      "host/machine",
      "model/net",
      "view/format",
      "model/events",
      "model/filter",
      "recording/read",
      "model/sockets",
      "source",
      "model/fold",
      "view/print",
    ],
    packages: ["node:", "zod"],
  },
  "view/screen": {
    about: "The views of top, one per file",
    imports: [
      "base",
      "model/net",
      "view/format",
      "model/filter",
      "model/sockets",
      "model/reports",
      "diagnosis/facts",
      "model/lists",
      "view/state",
      "view/words",
      "view/print",
    ],
  },
  "commands/top/data": {
    about: "Queries of top to the model",
    imports: [
      "model/filter",
      "model/sockets",
      "model/fold",
      "model/reports",
      "diagnosis/facts",
      "model/lists",
      "view/state",
      "diagnosis",
      "view/screen",
    ],
  },
  "view/keys": {
    about: "Keys of top, and their help",
    imports: ["base", "view/format", "model/filter", "view/state", "view/screen"],
  },
  view: {
    about: "A whole frame of top",
    imports: ["base", "view/format", "view/state", "view/screen", "view/keys"],
    oddSize: "a frame is composed from all rooms of view",
  },
  "commands/top": {
    about: "The loop of top",
    imports: [
      "base",
      "model/net",
      "view/format",
      "model/events",
      "model/filter",
      "terminal",
      "recording/read",
      "recording/write",
      "model/fold",
      "model/reports",
      "view/state",
      "view/print",
      "commands/run",
      "view/screen",
      "commands/top/data",
      "view/keys",
      "view",
    ],
    packages: ["node:", "zod"],
    lazily: ["terminal"],
  },
  commands: {
    about: "The commands, one per file, with their flags",
    imports: [
      "base",
      "view/format",
      "model/events",
      "model/filter",
      "recording/format",
      "recording/write",
      "source/bpftrace",
      "model/sockets",
      "source",
      "model/fold",
      "model/reports",
      "diagnosis",
      "diagnosis/pages",
      "view/words",
      "view/print",
      "commands/run",
      "commands/top",
    ],
    packages: ["commander"],
  },
  ".": {
    about: "argv to exit code; signals",
    imports: ["base", "commands/run", "commands"],
    oddSize: "the entry point, and the only place that handles signals",
  },
};
