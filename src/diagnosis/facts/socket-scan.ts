import { SeededMap } from "../../base/seeded-map.ts";
import { Leak } from "./leak.ts";
import { Queues } from "./queues.ts";
import { Unanswered } from "./unanswered.ts";
import type { Filter } from "../../model/filter/filter.ts";
import type { Tables } from "../../model/fold/tables.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import { TCP } from "../../model/net/tcp-state.ts";
import { ASK, NOBODY, holdersOf, isUnaccepted } from "../../model/sockets/holding.ts";
import type { Socket } from "../../model/sockets/socket.ts";
import { type Moment, isStuck } from "../../model/sockets/stuck.ts";
import { socketSubject } from "../../model/sockets/subject.ts";

/** In these states a socket waits for its peer's answer, which mostly takes milliseconds. */
const PATIENCE: Nanos = 3e9;

/** What the rules need to know of all sockets, counted in one pass. */
export interface SocketScan {
  readonly sockets: number;
  /** Who holds sockets that the filter takes; null where there is no filter. */
  readonly chosen: ReadonlySet<number> | null;
  /** Who holds sockets in CLOSE_WAIT, by pid; null for those that nobody can be named for. */
  readonly leaks: SeededMap<number | null, Leak>;
  /** Listeners, and what waits for them. */
  readonly queues: Queues;
  /** Sockets whose peer has not answered for three seconds, in the states before and after ESTABLISHED. */
  readonly unanswered: Unanswered;
}

export function scanSockets(tables: Tables, stuckAfterMs: number, filter: Filter): SocketScan {
  const count = new Count(tables, stuckAfterMs * 1e6, filter);
  count.addAll();
  for (const vanished of tables.leakedDescriptors) {
    if (!vanished.isConfirmed || tables.clock.now - vanished.since < stuckAfterMs * 1e6) continue;
    for (const { pid } of vanished.socket.holders)
      count.leakOf(vanished.socket, pid, vanished.since)?.addVanished(vanished);
  }
  return count;
}

class Count implements SocketScan {
  readonly sockets: number;
  readonly chosen: Set<number> | null;
  readonly leaks = new SeededMap<number | null, Leak>();
  readonly queues: Queues;
  readonly unanswered = new Unanswered();
  readonly #tables: Tables;
  readonly #moment: Moment;
  readonly #stuckAfter: Nanos;
  readonly #filter: Filter;

  constructor(tables: Tables, stuckAfter: Nanos, filter: Filter) {
    this.#tables = tables;
    this.#moment = { now: tables.clock.now, detailsAt: tables.surveys.detailsAt };
    this.#stuckAfter = stuckAfter;
    this.#filter = filter;
    this.chosen = filter.isEmpty ? null : new Set();
    this.queues = new Queues(tables);
    this.sockets = tables.sockets.size;
  }

  /** Most are established and accepted, and nothing is asked of those. */
  addAll(): void {
    const { columns } = this.#tables.sockets;
    const { states, holders, end } = columns;
    for (let slot = 0; slot < end; slot++) {
      const state = states[slot] ?? 0;
      if (state === 0) continue;
      const holder = holders[slot] ?? ASK;
      if (this.chosen !== null) this.#choose(slot, holder, this.chosen);
      if (state !== TCP.ESTABLISHED || holder === ASK) this.#add(columns.at(slot), holder);
    }
  }

  #add(socket: Socket, holder: number): void {
    switch (socket.state) {
      case TCP.ESTABLISHED:
        if (socket.inode === 0 && isUnaccepted(socket) && this.#takesAny(socket)) this.queues.addWaiting(socket);
        return;
      case TCP.LISTEN:
        if (this.#takesAny(socket)) this.queues.addListener(socket);
        return;
      case TCP.CLOSE_WAIT:
        return this.#closeWait(socket, holder);
      case TCP.SYN_RECV:
        if (this.#takesAny(socket)) this.queues.addHalfOpen(socket);
        return;
      case TCP.SYN_SENT:
      case TCP.FIN_WAIT1:
      case TCP.FIN_WAIT2:
      case TCP.CLOSING:
      case TCP.LAST_ACK:
        if (this.#tables.clock.now - socket.since >= PATIENCE && this.#takesAny(socket)) this.unanswered.add(socket);
        return;
      case TCP.TIME_WAIT:
      case TCP.CLOSE:
      case TCP.NEW_SYN_RECV:
      case TCP.BOUND_INACTIVE:
        return;
      default:
        socket.state satisfies never;
    }
  }

  #closeWait(socket: Socket, holder: number): void {
    if (isUnaccepted(socket)) {
      if (this.#takesAny(socket)) this.queues.addWaiting(socket);
      return;
    }
    const stuck = isStuck(socket, this.#moment, this.#stuckAfter);
    if (holder !== ASK && holder !== NOBODY) {
      this.leakOf(socket, holder, socket.since)?.add(socket, stuck);
      return;
    }
    const holders = holdersOf(socket, this.#tables.sockets);
    for (const { pid } of holders) this.leakOf(socket, pid, socket.since)?.add(socket, stuck);
    if (holders.length === 0 && stuck) this.leakOf(socket, null, socket.since)?.add(socket, stuck);
  }

  /** Null when the filter does not take it. */
  leakOf(socket: Socket, pid: number | null, since: Nanos): Leak | null {
    if (!this.#takes(socket, pid, since)) return null;
    let leak = this.leaks.get(pid);
    if (leak === undefined) this.leaks.set(pid, (leak = new Leak(pid)));
    return leak;
  }

  /** One socket is enough. */
  #choose(slot: number, holder: number, chosen: Set<number>): void {
    if (holder === NOBODY || chosen.has(holder)) return;
    const { sockets } = this.#tables;
    const socket = sockets.columns.at(slot);
    const pids = holder === ASK ? holdersOf(socket, sockets).map(({ pid }) => pid) : [holder];
    for (const pid of pids) if (this.#takes(socket, pid, socket.since)) chosen.add(pid);
  }

  #takesAny(socket: Socket): boolean {
    if (this.#filter.isEmpty) return true;
    const holders = holdersOf(socket, this.#tables.sockets);
    if (holders.length === 0) return this.#takes(socket, null, socket.since);
    return holders.some(({ pid }) => this.#takes(socket, pid, socket.since));
  }

  #takes(socket: Socket, pid: number | null, since: Nanos): boolean {
    if (this.#filter.isEmpty) return true;
    const process = pid === null ? null : (this.#tables.processes.at(pid) ?? null);
    return this.#filter.matches(socketSubject(socket, process, this.#tables.clock.now - since));
  }
}
