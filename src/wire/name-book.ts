import type { Nanos } from "../model/net/nanos.ts";

/** A process's user and name. */
export interface Named {
  readonly uid: number;
  /** Safe to print. */
  readonly comm: string;
}

interface Entry extends Named {
  readonly pid: number;
  readonly at: Nanos;
}

/**
 * Processes whose pids differ by a multiple of this share a seat: the tracer prints a name again once another process
 * of its seat has had its name printed (probes/outbox.bt).
 */
const SEATS = 4096;
/** The uid of processes whose user is unknown here (/proc/sys/kernel/overflowuid). */
const NOBODY = 65_534;
/**
 * Earlier processes of a seat, whose events may still be under way. This is the bound: pids chosen to share a seat cost 8 steps and push
 * out names.
 */
const KEPT = 8;

/** The names of processes. The tracer prints each once, since a name with each event costs more than the event. */
export class NameBook {
  readonly #seats: (Entry[] | undefined)[] = [];
  readonly #identify: (pid: number) => Named | null;

  /** `identify` looks up a process whose name was lost on the way. */
  constructor(identify: (pid: number) => Named | null = () => null) {
    this.#identify = identify;
  }

  /** Names arrive in any order: each CPU prints its own. */
  learn(at: Nanos, pid: number, uid: number, comm: string): void {
    const seat = (this.#seats[pid % SEATS] ??= []);
    const last = seat.findLast((entry) => entry.pid === pid && entry.at <= at);
    if (last !== undefined && last.uid === uid && last.comm === comm) return;
    const later = seat.findIndex((entry) => entry.at > at);
    seat.splice(later < 0 ? seat.length : later, 0, { at, pid, uid, comm });
    if (seat.length > KEPT) seat.shift();
  }

  /** The process's name and user at that time. */
  of(pid: number, at: Nanos): Named {
    const seat = this.#seats[pid % SEATS];
    for (let place = (seat?.length ?? 0) - 1; place >= 0; place--) {
      const entry = seat?.[place];
      if (entry?.pid === pid && entry.at <= at) return entry;
    }
    // Two threads may start at once on two CPUs: one prints the name, and the other's event is older.
    return seat?.find((entry) => entry.pid === pid) ?? this.#identified(pid, at);
  }

  #identified(pid: number, at: Nanos): Named {
    const { uid, comm } = this.#identify(pid) ?? { uid: NOBODY, comm: `pid ${pid}` };
    this.learn(at, pid, uid, comm);
    return { uid, comm };
  }
}
