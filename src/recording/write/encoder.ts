import { crc32 } from "node:zlib";
import type { DetailsSeen } from "../../model/events/details.ts";
import type { CountersSeen, TraceEvent } from "../../model/events/event.ts";
import type { Image } from "../../model/events/image.ts";
import type { Survey } from "../../model/events/survey.ts";
import type { BeginLine } from "../format/event-lines.ts";
import { KEY_SURVEYS, type Table, rowLines } from "../format/rows.ts";
import { type HeldRow, TABLES } from "../format/shapes.ts";
import { LineBuffer } from "./line-buffer.ts";

/** Whole lines, the last of which has the check of the others. */
export interface Block {
  readonly bytes: Buffer;
  /** Lines with a transition. */
  readonly transitions: number;
}

const BLOCK_BYTES = 65_536;

/** Writes trace events as the lines of a recording (src/recording/README.md), a block at a time. */
export class Encoder {
  readonly #out: (block: Block) => void;
  readonly #lines = new LineBuffer();
  #transitions = 0;
  #surveys = 0;
  #base: Survey | null = null;

  constructor(out: (block: Block) => void) {
    this.#out = out;
  }

  event(event: TraceEvent): void {
    switch (event.kind) {
      case "transition":
        this.#transitions++;
        this.#lines.transition(event);
        break;
      case "accept":
        this.#lines.accept(event);
        break;
      case "survey":
        this.#survey(event);
        break;
      case "details":
        this.#details(event);
        break;
      case "counters":
        this.#counters(event);
        break;
      case "image":
        this.#image(event);
        break;
      case "process":
      case "loss":
      case "gap":
      case "source":
      case "anchor":
        this.#lines.line(JSON.stringify(event));
        break;
      case "tick":
        // In a file the watermark is called `complete`.
        this.line({ kind: event.kind, at: event.at, complete: event.watermark });
        break;
      default:
        event satisfies never;
    }
    if (this.#lines.length >= BLOCK_BYTES) this.seal();
  }

  /** Adds a line of JSON that is not an event. */
  line(value: object): void {
    this.#lines.line(JSON.stringify(value));
  }

  /** Ends the block and passes it on, unless it is empty. */
  seal(): void {
    if (this.#lines.length === 0) return;
    const check = crc32(this.#lines.peek()).toString(16).padStart(8, "0");
    this.#lines.line(JSON.stringify({ check, transitions: this.#transitions }));
    const transitions = this.#transitions;
    this.#transitions = 0;
    this.#out({ bytes: this.#lines.take(), transitions });
  }

  #survey(survey: Survey): void {
    const { kind, at, until, complete, poll, sockets, timeWaits, processes } = survey;
    const id = this.#surveys++;
    const base = id % KEY_SURVEYS === 0 ? null : this.#base;
    this.#base = survey;
    const held = heldRows(survey);
    const namespaces = survey.namespaces.map((netns) => ({ netns }));
    const unreadable = survey.unreadable.map((pid) => ({ pid }));
    const rows = {
      sockets: sockets.length,
      timeWaits: timeWaits.length,
      remaining: timeWaits.length,
      processes: processes.length,
      held: held.length,
      namespaces: namespaces.length,
      unreadable: unreadable.length,
    };
    this.#begin({ kind, at, until, complete, id, base: base === null ? null : id - 1, ...(poll && { poll }), rows });
    this.#rows("sockets", TABLES.sockets, sockets, base?.sockets);
    this.#rows("timeWaits", TABLES.timeWaits, timeWaits, base?.timeWaits);
    this.#rows("remaining", TABLES.remaining, timeWaits);
    this.#rows("processes", TABLES.processes, processes, base?.processes);
    this.#rows("held", TABLES.held, held, base === null ? [] : heldRows(base));
    this.#rows("namespaces", TABLES.namespaces, namespaces);
    this.#rows("unreadable", TABLES.unreadable, unreadable);
  }

  #details({ kind, at, askedAt, details, backlogs, idle }: DetailsSeen): void {
    const rows = { details: details.length, backlogs: backlogs.length };
    if (idle === undefined) this.#begin({ kind, at, askedAt, rows });
    else this.#begin({ kind, at, askedAt, idleLeft: idle.left, rows: { ...rows, idle: idle.connections.length } });
    this.#rows("details", TABLES.details, details);
    this.#rows("backlogs", TABLES.backlogs, backlogs);
    if (idle !== undefined) this.#rows("idle", TABLES.idle, idle.connections);
  }

  #counters({ namespaces, ...scalars }: CountersSeen): void {
    this.#begin({ ...scalars, rows: { counted: namespaces.length } });
    this.#rows("counted", TABLES.counted, namespaces);
  }

  #image({ sockets, holders, processes, facts, vanished, timeWaits, ...scalars }: Image): void {
    const rows = {
      imaged: sockets.length,
      holders: holders.length,
      names: processes.length,
      facts: facts.length,
      vanished: vanished.length,
      standing: timeWaits.length,
    };
    this.#begin({ ...scalars, rows });
    this.#rows("imaged", TABLES.imaged, sockets);
    this.#rows("holders", TABLES.holders, holders);
    this.#rows("names", TABLES.names, processes);
    this.#rows("facts", TABLES.facts, facts);
    this.#rows("vanished", TABLES.vanished, vanished);
    this.#rows("standing", TABLES.standing, timeWaits);
  }

  #begin(line: BeginLine): void {
    this.line(line);
  }

  #rows<Row>(name: string, table: Table<Row>, rows: readonly Row[], before: readonly Row[] = []): void {
    for (const line of rowLines(name, table, rows, before)) {
      this.#lines.line(line);
      if (this.#lines.length >= BLOCK_BYTES) this.seal();
    }
  }
}

function heldRows({ processes }: Survey): HeldRow[] {
  return processes.flatMap(({ pid, sockets }) => sockets.map(({ inode, fd }) => ({ pid, inode, fd })));
}
