import { debug } from "../../base/debug.ts";
import { hasVanished, isGoneOrForbidden, isSystemError } from "../machine/errno.ts";
import { TimeSlice } from "../machine/time-slice.ts";
import { type Descriptors, procDescriptors } from "./descriptors.ts";
import { Holdings, type Look } from "./holdings.ts";
import { type ProcessStat, livingThread, readProcess, readStat } from "./processes.ts";
import { RoundRobin } from "./round-robin.ts";
import type { SurveyedProcess, SurveyedSocket } from "../../model/events/survey.ts";
import type { Nanos } from "../../model/net/nanos.ts";

const MOST_REMEMBERED = 100_000;

/** What is known before the holders are looked for. */
export interface HolderQuery {
  /** All processes. */
  readonly pids: readonly number[];
  /** The rows of the TCP tables. */
  readonly sockets: readonly SurveyedSocket[];
  /** When the tables were read. */
  readonly at: Nanos;
  /** Whether to read everything again, whatever was known before. */
  readonly exact?: boolean;
}

export interface FoundHolders {
  readonly processes: readonly SurveyedProcess[];
  /** Processes whose descriptors may not be read. */
  readonly unreadable: readonly number[];
  /** Sockets that had a row in the last survey and have none in this one, though a process still holds them. */
  readonly rowless: readonly number[];
}

/** A set of inodes, or a map from them. */
type Inodes = ReadonlySet<number> | ReadonlyMap<number, number>;

/**
 * Finds the holders of TCP sockets, survey after survey, and looks up only what it doesn't know: /proc takes a system
 * call for every descriptor. A socket that has a row has a holder: the one it had before, unless there is evidence of a
 * change. A socket whose row has gone while a process still holds it is a leak, and its descriptor is read every time.
 * Everything is read again in turn (round-robin.ts), since a descriptor may have been closed and its number reused, and
 * a socket may have new holders (fork, SCM_RIGHTS).
 */
export class HolderFinder {
  readonly #descriptors: Descriptors;
  readonly #processes = new Map<number, Holdings>();
  readonly #unreadable = new Set<number>();
  /** How many descriptors and registered files each socket has. */
  #counts = new Map<number, number>();
  /** Sockets to report even if they have no row. */
  readonly #remembered = new Set<number>();
  /** Those of them whose holders are not known yet. */
  readonly #sought = new Set<number>();
  /** Sockets whose holder can't be found: in transit between processes, or held by one that may not be read. */
  readonly #unfindable = new Set<number>();
  readonly #roundRobin = new RoundRobin();
  #isNew = true;
  /** Rows that were all accounted for when last checked; null when that may have changed. */
  #accounted: readonly SurveyedSocket[] | null = null;

  constructor(descriptors: Descriptors = procDescriptors) {
    this.#descriptors = descriptors;
  }

  /** From now on reports the holders of this socket until there are none, even if it has no row. */
  remember(inode: number): void {
    if (inode === 0 || this.#remembered.size >= MOST_REMEMBERED) return;
    this.#remembered.add(inode);
    if (!this.#counts.has(inode)) this.#sought.add(inode);
  }

  /** Must not be called again before it has finished. */
  async find(query: HolderQuery, slice: TimeSlice = new TimeSlice()): Promise<FoundHolders> {
    const { pids, sockets, at, exact = false } = query;
    this.#forgetEnded(pids);
    const isAll = exact || this.#isNew;
    const isDue = this.#roundRobin.isDue(at);
    const isSame = !isAll && this.#isSame(sockets);
    const rows: Inodes = isSame && !isDue ? this.#counts : inodesOf(sockets);
    const rowless: number[] = [];
    const leaking = isSame ? new Set<Holdings>() : this.#rememberRowless(rows, rowless);
    if (isAll) {
      await this.#verify(pids, rows, slice);
      this.#roundRobin.reset(at);
      this.#isNew = false;
    } else {
      await this.#update(pids, rows, leaking, slice);
      if (isDue) await this.#verifySome(pids, rows, at, slice);
    }
    this.#sought.clear();
    const processes = await this.#describe(slice);
    return {
      processes,
      unreadable: [...this.#unreadable],
      rowless: rowless.filter((inode) => this.#counts.has(inode)),
    };
  }

  async #verify(pids: readonly number[], rows: Inodes, slice: TimeSlice): Promise<void> {
    const look = this.#closeLook(rows);
    for (const pid of pids) await this.#look(pid, look, slice);
    this.#count();
    this.#settle(rows);
  }

  async #verifySome(pids: readonly number[], rows: Inodes, at: Nanos, slice: TimeSlice): Promise<void> {
    const look = this.#closeLook(rows);
    await this.#roundRobin.take(pids, at, async (pid) => this.#look(pid, look, slice));
    this.#count();
    if (this.#roundRobin.isThrough) this.#settle(rows);
  }

  #closeLook(rows: Inodes): Look {
    return { matters: this.#matters(rows), trusts: () => false, seeks: true };
  }

  /** All processes have been read: a holder not found now can't be found, and sockets without one are forgotten. */
  #settle(rows: Inodes): void {
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
    const look: Look = { matters: this.#matters(rows), trusts: (inode) => rows.has(inode), seeks };
    const seen = new Set<number>();
    // Most changes are in the processes known to hold sockets.
    for (const holdings of this.#processes.values()) {
      if (!leaking.has(holdings) && holdings.hasSameCount(this.#descriptors)) continue;
      seen.add(holdings.pid);
      await this.#look(holdings.pid, look, slice);
    }
    if (seen.size > 0) this.#count();
    // They may also have closed a socket that another process holds too.
    if (this.#missing(rows).length > 0) {
      for (const pid of pids) if (!seeks || !seen.has(pid)) await this.#look(pid, { ...look, seeks: true }, slice);
      this.#count();
      await this.#doubtShared(rows, slice);
      for (const inode of this.#missing(rows)) this.#unfindable.add(inode);
    }
    if (this.#remembered.size >= MOST_REMEMBERED) this.#forgetUnheld();
  }

  /**
   * A socket still missing may have a descriptor that is taken for another socket's. That one has been closed there and
   * yet has a row, so another process holds it: only sockets held more than once are in doubt.
   */
  async #doubtShared(rows: Inodes, slice: TimeSlice): Promise<void> {
    if (this.#missing(rows).length === 0) return;
    const trusts = (inode: number): boolean => rows.has(inode) && this.#counts.get(inode) === 1;
    const look: Look = { matters: this.#matters(rows), trusts, seeks: false };
    for (const { pid, held } of this.#processes.values()) {
      if (held.some(({ inode }) => !trusts(inode))) await this.#look(pid, look, slice);
    }
    this.#count();
  }

  /**
   * The processes that held a socket whose row has gone: they have closed it, or it is a leak. Adds sockets that are
   * new to it to `news`.
   */
  #rememberRowless(rows: Inodes, news: number[]): Set<Holdings> {
    const leaking = new Set<Holdings>();
    for (const holdings of this.#processes.values()) {
      for (const { inode } of holdings.held) {
        if (rows.has(inode)) continue;
        if (!this.#remembered.has(inode)) news.push(inode);
        this.remember(inode);
        leaking.add(holdings);
      }
    }
    return leaking;
  }

  /** Returns how many descriptors the process has. */
  async #look(pid: number, look: Look, slice: TimeSlice): Promise<number> {
    const stat = readStat(pid);
    if (stat?.isKernelThread === true) return 0;
    const holdings = this.#holdingsOf(pid, stat);
    let listed = 0;
    try {
      listed = await holdings.look(this.#descriptors, look, slice);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      if (!isGoneOrForbidden(error)) debug(`cannot read the descriptors of pid ${pid}`, error);
      this.#processes.delete(pid);
      if (!hasVanished(error) && stat !== null) this.#unreadable.add(pid);
      return 0;
    }
    this.#unreadable.delete(pid);
    if (holdings.held.length > 0) this.#processes.set(pid, holdings);
    else this.#processes.delete(pid);
    return listed;
  }

  #holdingsOf(pid: number, stat: ProcessStat | null): Holdings {
    // /proc shows no descriptors for a process whose first thread has ended, even if other threads still use them.
    if (stat?.isZombie === true) return new Holdings(pid, stat.startTime, livingThread(pid) ?? pid);
    const known = this.#processes.get(pid);
    return known !== undefined && known.startTime === stat?.startTime ? known : new Holdings(pid, stat?.startTime ?? 0);
  }

  #matters(rows: Inodes): (inode: number) => boolean {
    return (inode) => rows.has(inode) || this.#remembered.has(inode);
  }

  /** The sockets whose holder is unknown and may be found. */
  #missing(rows: Inodes): number[] {
    const missing: number[] = [];
    if (rows === this.#counts) return missing;
    for (const inodes of [rows, this.#sought]) {
      for (const inode of inodes.keys())
        if (!this.#counts.has(inode) && !this.#unfindable.has(inode)) missing.push(inode);
    }
    return missing;
  }

  /**
   * Whether the rows are those of the sockets whose holders are known, or unfindable. Saves work when there are very
   * many.
   */
  #isSame(sockets: readonly SurveyedSocket[]): boolean {
    if (this.#sought.size > 0) return false;
    const accounted = this.#accounted;
    if (accounted?.length === sockets.length && sockets.every((row, index) => row === accounted[index])) return true;
    this.#accounted = null;
    let rows = 0;
    for (const { inode } of sockets) {
      if (inode === 0) continue;
      if (this.#counts.has(inode)) rows += 1;
      else if (!this.#unfindable.has(inode)) return false;
    }
    if (rows !== this.#counts.size) return false;
    this.#accounted = sockets;
    return true;
  }

  #count(): void {
    this.#accounted = null;
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

/** The sockets that a process may hold. */
function inodesOf(sockets: readonly SurveyedSocket[]): Set<number> {
  const inodes = new Set<number>();
  for (const { inode } of sockets) if (inode !== 0) inodes.add(inode);
  return inodes;
}
