import { SeededMap } from "../../base/seeded-map.ts";
import type { TraceEvent } from "../../model/events/event.ts";
import type { HeldSocket } from "../../model/events/survey.ts";
import { type BeginLine, beginLine } from "../format/event-lines.ts";
import { KEY_SURVEYS, RowReader, keepLine, rowsLine } from "../format/rows.ts";
import { TABLES } from "../format/shapes.ts";

type Readers = ReturnType<typeof newReaders>;

function newReaders() {
  return {
    sockets: new RowReader(TABLES.sockets),
    timeWaits: new RowReader(TABLES.timeWaits),
    remaining: new RowReader(TABLES.remaining),
    processes: new RowReader(TABLES.processes),
    held: new RowReader(TABLES.held),
    namespaces: new RowReader(TABLES.namespaces),
    unreadable: new RowReader(TABLES.unreadable),
    details: new RowReader(TABLES.details),
    backlogs: new RowReader(TABLES.backlogs),
    idle: new RowReader(TABLES.idle),
    counted: new RowReader(TABLES.counted),
    imaged: new RowReader(TABLES.imaged),
    holders: new RowReader(TABLES.holders),
    names: new RowReader(TABLES.names),
    facts: new RowReader(TABLES.facts),
    vanished: new RowReader(TABLES.vanished),
    standing: new RowReader(TABLES.standing),
  };
}

/** The tables of each kind of event; its first line must announce all of them except `idle`. */
const PARTS = {
  survey: ["sockets", "timeWaits", "remaining", "processes", "held", "namespaces", "unreadable"],
  details: ["details", "backlogs", "idle"],
  counters: ["counted"],
  image: ["imaged", "holders", "names", "facts", "vanished", "standing"],
} as const;

/** Assembles the events that take several lines. */
export class Assembler {
  readonly #readers = newReaders();
  #open: BeginLine | null = null;
  /** The number of the last complete survey. */
  #base: number | null = null;
  /** How many surveys have kept rows since the last one that kept none. */
  #chain = 0;

  /** Whether some rows of the current event are still missing. */
  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** Takes the first line of an event; false if it is malformed, or the survey that it is based on is missing. */
  begin(value: unknown): boolean {
    this.abandon();
    const parsed = beginLine.safeParse(value);
    if (!parsed.success) return false;
    const { data } = parsed;
    if (data.kind === "survey") {
      if (data.base !== null && data.base !== this.#base) return false;
      this.#base = null;
      this.#chain = data.base === null ? 0 : this.#chain + 1;
      if (this.#chain >= KEY_SURVEYS) return false;
    }
    for (const name of PARTS[data.kind]) {
      const wanted = data.rows[name] ?? (name === "idle" ? 0 : undefined);
      if (wanted === undefined) return false;
      this.#readers[name].start(wanted);
    }
    this.#open = data;
    return true;
  }

  /** Takes a line with rows, or one that keeps rows; false when it does not fit. */
  add(value: unknown): boolean {
    if (this.#open === null) return false;
    const parts: readonly string[] = PARTS[this.#open.kind];
    const rows = rowsLine.safeParse(value);
    const kept = rows.success ? undefined : keepLine.safeParse(value);
    const name = rows.success ? rows.data.rows : kept?.success === true ? kept.data.keep : "";
    if (!parts.includes(name) || !isTable(name)) return this.abandon();
    const reader = this.#readers[name];
    const isTaken = rows.success
      ? reader.add(rows.data.columns)
      : kept?.success === true && this.#mayKeep() && reader.keep(kept.data.from, kept.data.count);
    return isTaken || this.abandon();
  }

  #mayKeep(): boolean {
    return this.#open?.kind === "survey" && this.#open.base !== null;
  }

  /** Drops the current event. Returns false: its line was not accepted. */
  abandon(): false {
    this.#open = null;
    return false;
  }

  /** The current event, if all its rows have arrived; null otherwise. */
  take(): TraceEvent | null {
    const open = this.#open;
    if (open === null || !PARTS[open.kind].every((name) => this.#readers[name].isWhole)) return null;
    this.#open = null;
    return this.#build(open);
  }

  #build(open: BeginLine): TraceEvent {
    const { details, backlogs, idle, counted, imaged, holders, names, facts, vanished, standing } = this.#readers;
    switch (open.kind) {
      case "survey":
        this.#base = open.id;
        return survey(open, this.#readers);
      case "details": {
        const { kind, at, askedAt, idleLeft } = open;
        const silent = idleLeft === undefined ? null : { connections: idle.rows, left: idleLeft };
        return { kind, at, askedAt, details: details.rows, backlogs: backlogs.rows, ...(silent && { idle: silent }) };
      }
      case "counters": {
        const { kind, at, timeWaitsCounted, host } = open;
        const parts = { ...(timeWaitsCounted && { timeWaitsCounted }), ...(host && { host }) };
        return { kind, at, ...parts, namespaces: counted.rows };
      }
      case "image": {
        const { rows: _, ...scalars } = open;
        const parts = { sockets: imaged.rows, holders: holders.rows, processes: names.rows };
        return { ...scalars, ...parts, facts: facts.rows, vanished: vanished.rows, timeWaits: standing.rows };
      }
      default:
        return open satisfies never;
    }
  }
}

function survey(open: BeginLine & { kind: "survey" }, readers: Readers): TraceEvent {
  const { kind, at, until, complete, poll } = open;
  const { sockets, timeWaits, remaining, processes, held, namespaces, unreadable } = readers;
  const byPid = new SeededMap<number, HeldSocket[]>();
  for (const { pid } of processes.rows) byPid.set(pid, []);
  for (const { pid, inode, fd } of held.rows) byPid.get(pid)?.push({ inode, fd });
  return {
    kind,
    at,
    until,
    complete,
    ...(poll && { poll }),
    namespaces: namespaces.rows.map(({ netns }) => netns),
    sockets: sockets.rows,
    timeWaits: timeWaits.rows.map((row, index) =>
      Object.assign({ remainingMs: remaining.rows[index]?.remainingMs ?? 0 }, row),
    ),
    processes: processes.rows.map((facts) => Object.assign({ sockets: byPid.get(facts.pid) ?? [] }, facts)),
    unreadable: unreadable.rows.map(({ pid }) => pid),
  };
}

function isTable(name: string): name is keyof Readers {
  return Object.hasOwn(TABLES, name);
}
