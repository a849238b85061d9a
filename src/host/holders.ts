import type { Nanos, SurveyedProcess, SurveyedSocket } from "../model/event.ts";
import type { Descriptors } from "./descriptors.ts";
import { procDescriptors } from "./descriptors.ts";
import { hasVanished, isSystemError } from "./errno.ts";
import { Holdings } from "./holdings.ts";
import type { Look } from "./holdings.ts";
import { livingThread, type ProcessStat, readProcess, readStat } from "./processes.ts";
import { TimeSlice } from "./time-slice.ts";

/** What is known before the holders are looked for. */
export interface HolderQuery {
  /** All processes. */
  readonly pids: readonly number[];
  /** The rows of the TCP tables. */
  readonly sockets: readonly SurveyedSocket[];
  /** When the tables were read. */
  readonly at: Nanos;
  /** Whether to believe nothing that was known before. */
  readonly exact?: boolean;
}

type Inodes = ReadonlySet<number> | ReadonlyMap<number, number>;

export interface FoundHolders {
  readonly processes: readonly SurveyedProcess[];
  /** Processes whose descriptors may not be read. */
  readonly unreadable: readonly number[];
}

const VERIFY_EVERY: Nanos = 10e9;
const MOST_REMEMBERED = 100_000;

/**
 * Finds who holds which TCP socket, one survey after another, and looks up only what it doesn't know: /proc wants a system
 * call for every descriptor. A socket that has a row is held by somebody, and until the contrary turns up by whom it was
 * held before. A socket whose row has gone while a process still holds it, a leak, has nothing that vouches for it: its
 * descriptor is read every time. Every 10 s all is read anew, since a descriptor's number may have passed to another file,
 * and a socket may have got more holders (fork, SCM_RIGHTS).
 */
export class HolderFinder {
  readonly #descriptors: Descriptors;
  readonly #processes = new Map<number, Holdings>();
  readonly #unreadable = new Set<number>();
  /** How many descriptors and registered files each socket has. */
  #counts = new Map<number, number>();
  /** Sockets to report though they may have no row. */
  readonly #remembered = new Set<number>();
  /** Those of them to be looked for. */
  readonly #sought = new Set<number>();
  /** Sockets that nobody was found to hold: on the way between processes, or in one that may not be read. */
  readonly #unfindable = new Set<number>();
  #verifiedAt: Nanos = -Infinity;

  constructor(descriptors: Descriptors = procDescriptors) {
    this.#descriptors = descriptors;
  }

  /** From now on reports who holds this socket, though it may have no row, until nobody does. */
  remember(inode: number): void {
    if (inode === 0 || this.#remembered.size >= MOST_REMEMBERED) return;
    this.#remembered.add(inode);
    if (!this.#counts.has(inode)) this.#sought.add(inode);
  }

  /** Only one at a time. */
  async find(query: HolderQuery, slice: TimeSlice = new TimeSlice()): Promise<FoundHolders> {
    const { pids, sockets, at, exact = false } = query;
    this.#forgetEnded(pids);
    const isDue = exact || at - this.#verifiedAt >= VERIFY_EVERY;
    const isSame = !isDue && this.#isSame(sockets);
    const rows: Inodes = isSame ? this.#counts : inodesOf(sockets);
    const leaking = isSame ? new Set<Holdings>() : this.#rememberRowless(rows);
    if (isDue) {
      await this.#verify(pids, rows, slice);
      this.#verifiedAt = at;
    } else {
      await this.#update(pids, rows, leaking, slice);
    }
    this.#sought.clear();
    return { processes: await this.#describe(slice), unreadable: [...this.#unreadable] };
  }

  async #verify(pids: readonly number[], rows: Inodes, slice: TimeSlice): Promise<void> {
    const look: Look = { matters: this.#matters(rows), believes: () => false, seeks: true };
    for (const pid of pids) await this.#look(pid, look, slice);
    this.#count();
    this.#unfindable.clear();
    for (const inode of this.#missing(rows)) this.#unfindable.add(inode);
    this.#forgetUnheld();
  }

  async #update(
    pids: readonly number[],
    rows: Inodes,
    leaking: ReadonlySet<Holdings>,
    slice: TimeSlice,
  ): Promise<void> {
    const seeks = this.#missing(rows).length > 0;
    const look: Look = { matters: this.#matters(rows), believes: (inode) => rows.has(inode), seeks };
    const seen = new Set<number>();
    // Most news is in the processes that are known to hold sockets.
    for (const holdings of this.#processes.values()) {
      if (!leaking.has(holdings) && this.#isAsMany(holdings)) continue;
      seen.add(holdings.pid);
      await this.#look(holdings.pid, look, slice);
    }
    if (seen.size > 0) this.#count();
    // They may also have closed what somebody else holds too.
    if (this.#missing(rows).length > 0) {
      for (const pid of pids) if (!seeks || !seen.has(pid)) await this.#look(pid, { ...look, seeks: true }, slice);
      this.#count();
      await this.#doubtShared(rows, slice);
      for (const inode of this.#missing(rows)) this.#unfindable.add(inode);
    }
    if (this.#remembered.size >= MOST_REMEMBERED) this.#forgetUnheld();
  }

  /**
   * What is still missing may be behind a number that is believed to be another socket. That one has been closed there, and
   * has a row all the same, so somebody else holds it: only sockets held more than once are in doubt.
   */
  async #doubtShared(rows: Inodes, slice: TimeSlice): Promise<void> {
    if (this.#missing(rows).length === 0) return;
    const believes = (inode: number): boolean => rows.has(inode) && this.#counts.get(inode) === 1;
    const look: Look = { matters: this.#matters(rows), believes, seeks: false };
    for (const { pid, held } of this.#processes.values()) {
      if (held.some(({ inode }) => !believes(inode))) await this.#look(pid, look, slice);
    }
    this.#count();
  }

  /** The processes that held a socket whose row has gone: either they have closed it too, or it is a leak. */
  #rememberRowless(rows: Inodes): Set<Holdings> {
    const leaking = new Set<Holdings>();
    for (const holdings of this.#processes.values()) {
      for (const { inode } of holdings.held) {
        if (rows.has(inode)) continue;
        this.remember(inode);
        leaking.add(holdings);
      }
    }
    return leaking;
  }

  #isAsMany(holdings: Holdings): boolean {
    try {
      return holdings.isAsMany(this.#descriptors);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return false;
    }
  }

  async #look(pid: number, look: Look, slice: TimeSlice): Promise<void> {
    const stat = readStat(pid);
    if (stat?.isKernelThread === true) return;
    const holdings = this.#holdingsOf(pid, stat);
    try {
      await holdings.look(this.#descriptors, look, slice);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      this.#processes.delete(pid);
      if (!hasVanished(error) && stat !== null) this.#unreadable.add(pid);
      return;
    }
    this.#unreadable.delete(pid);
    if (holdings.held.length > 0) this.#processes.set(pid, holdings);
    else this.#processes.delete(pid);
  }

  #holdingsOf(pid: number, stat: ProcessStat | null): Holdings {
    // /proc shows no descriptors of a process whose first thread has ended, though others go on with them.
    if (stat?.isZombie === true) return new Holdings(pid, stat.startTime, livingThread(pid) ?? pid);
    const known = this.#processes.get(pid);
    return known !== undefined && known.startTime === stat?.startTime ? known : new Holdings(pid, stat?.startTime ?? 0);
  }

  #matters(rows: Inodes): (inode: number) => boolean {
    return (inode) => rows.has(inode) || this.#remembered.has(inode);
  }

  /** The sockets whose holder is not known, and may be found. */
  #missing(rows: Inodes): number[] {
    const missing: number[] = [];
    if (rows === this.#counts) return missing;
    for (const inodes of [rows, this.#sought]) {
      for (const inode of inodes.keys())
        if (!this.#counts.has(inode) && !this.#unfindable.has(inode)) missing.push(inode);
    }
    return missing;
  }

  /** Whether the rows are those of the sockets whose holders are known, or unfindable. Spares work on a machine with very many. */
  #isSame(sockets: readonly SurveyedSocket[]): boolean {
    if (this.#sought.size > 0) return false;
    let rows = 0;
    for (const { inode } of sockets) {
      if (inode === 0) continue;
      if (this.#counts.has(inode)) rows += 1;
      else if (!this.#unfindable.has(inode)) return false;
    }
    return rows === this.#counts.size;
  }

  #count(): void {
    this.#counts = new Map();
    for (const { held } of this.#processes.values()) {
      for (const { inode } of held) this.#counts.set(inode, (this.#counts.get(inode) ?? 0) + 1);
    }
  }

  #forgetEnded(pids: readonly number[]): void {
    const living = new Set(pids);
    let isAny = false;
    for (const { pid, startTime } of this.#processes.values()) {
      if (living.has(pid) && readStat(pid)?.startTime === startTime) continue;
      this.#processes.delete(pid);
      isAny = true;
    }
    if (isAny) this.#count();
    for (const pid of this.#unreadable) if (!living.has(pid)) this.#unreadable.delete(pid);
  }

  #forgetUnheld(): void {
    for (const inode of this.#remembered) if (!this.#counts.has(inode)) this.#remembered.delete(inode);
  }

  async #describe(slice: TimeSlice): Promise<SurveyedProcess[]> {
    const processes: SurveyedProcess[] = [];
    for (const { pid, startTime, held } of this.#processes.values()) {
      const facts = await readProcess(pid);
      if (facts?.startTime === startTime) processes.push({ ...facts, sockets: held });
      if (slice.isOver()) await slice.rest();
    }
    return processes;
  }
}

function inodesOf(sockets: readonly SurveyedSocket[]): Set<number> {
  const inodes = new Set<number>();
  for (const { inode } of sockets) if (inode !== 0) inodes.add(inode);
  return inodes;
}
