import type { Nanos } from "../model/net/nanos.ts";

/** Whose a process is, and what it is called. */
export interface Named {
  readonly uid: number;
  /** Safe to print. */
  readonly comm: string;
}

interface Entry extends Named {
  readonly pid: number;
  readonly at: Nanos;
}

/** The tracer remembers one process a seat of whom it has told the name (probes/outbox.bt), and tells it again when another came. */
const SEATS = 4096;
/** The uid of those who have none here (/proc/sys/kernel/overflowuid). */
const NOBODY = 65_534;
/** Former ones of a seat, whose events may still be under way. */
const KEPT = 8;

/** The names that the tracer tells of processes, each once, since a name at each event costs more than the event. */
export class NameBook {
  readonly #seats: (Entry[] | undefined)[] = [];
  readonly #identify: (pid: number) => Named | null;

  /** `identify` tells who a process is whose name was lost on the way. */
  constructor(identify: (pid: number) => Named | null = () => null) {
    this.#identify = identify;
  }

  /** Names come in any order of time: each CPU tells its own. */
  learn(at: Nanos, pid: number, uid: number, comm: string): void {
    const seat = (this.#seats[pid % SEATS] ??= []);
    const last = seat.findLast((entry) => entry.pid === pid && entry.at <= at);
    if (last !== undefined && last.uid === uid && last.comm === comm) return;
    const later = seat.findIndex((entry) => entry.at > at);
    seat.splice(later < 0 ? seat.length : later, 0, { at, pid, uid, comm });
    if (seat.length > KEPT) seat.shift();
  }

  /** What the process was called then. */
  of(pid: number, at: Nanos): Named {
    const seat = this.#seats[pid % SEATS];
    for (let place = (seat?.length ?? 0) - 1; place >= 0; place--) {
      const entry = seat?.[place];
      if (entry?.pid === pid && entry.at <= at) return entry;
    }
    // Two threads may begin at once on two CPUs: then the name is told by the one, and the event of the other is older.
    return seat?.find((entry) => entry.pid === pid) ?? this.#identified(pid, at);
  }

  #identified(pid: number, at: Nanos): Named {
    const { uid, comm } = this.#identify(pid) ?? { uid: NOBODY, comm: `pid ${pid}` };
    this.learn(at, pid, uid, comm);
    return { uid, comm };
  }
}
