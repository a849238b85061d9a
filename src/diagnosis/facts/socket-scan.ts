import { SeededMap } from "../../base/seeded-map.ts";
import { Leak } from "./leak.ts";
import { Queues } from "./queues.ts";
import { Unanswered } from "./unanswered.ts";
import type { Filter } from "../../model/filter/filter.ts";
import type { Tables } from "../../model/fold/tables.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import { TCP } from "../../model/net/tcp-state.ts";
import { HeldFilter } from "../../model/reports/held-filter.ts";
import { type SocketWorld, liveWorld } from "../../model/reports/socket-world.ts";
import { forEachCloseWait } from "../../model/sockets/close-wait.ts";
import { ASK, NO_HOLDER, isUnaccepted } from "../../model/sockets/holding.ts";
import type { LeakedDescriptor } from "../../model/sockets/leaked-descriptors.ts";
import type { Socket } from "../../model/sockets/socket.ts";

/** How long a peer may take to answer, which usually takes milliseconds. */
const PATIENCE: Nanos = 3e9;

/** What the rules need to know about all sockets, counted in one pass. */
export interface SocketScan {
  readonly sockets: number;
  /** The pids that hold sockets matching the filter; null without a filter. */
  readonly chosen: ReadonlySet<number> | null;
  /** The leaks by pid of the holder; the key null is for sockets whose owner is unknown. */
  readonly leaks: SeededMap<number | null, Leak>;
  /** Listeners and their queues. */
  readonly queues: Queues;
  /** Sockets whose peer has not answered for three seconds, in the states before and after ESTABLISHED. */
  readonly unanswered: Unanswered;
}

export function scanSockets(tables: Tables, stuckAfterMs: number, filter: Filter): SocketScan {
  const world = liveWorld(tables);
  const count = new Count(tables, world, filter);
  count.addAll();
  forEachCloseWait(world, stuckAfterMs * 1e6, (socket, holder, isStuck, leaked) => {
    // A socket that is not accepted counts in its listener's queue, not as a leak.
    const isLeak = leaked === null ? !isUnaccepted(socket) : isStuck;
    if (isLeak) count.addLeak(socket, holder, isStuck, leaked);
  });
  return count;
}

class Count implements SocketScan {
  readonly sockets: number;
  readonly chosen: Set<number> | null;
  readonly leaks = new SeededMap<number | null, Leak>();
  readonly queues: Queues;
  readonly unanswered = new Unanswered();
  readonly #world: SocketWorld;
  readonly #filter: HeldFilter;

  constructor(tables: Tables, world: SocketWorld, filter: Filter) {
    this.#world = world;
    this.#filter = new HeldFilter(filter, world);
    this.chosen = filter.isEmpty ? null : new Set();
    this.queues = new Queues(tables);
    this.sockets = tables.sockets.size;
  }

  /** Skips established, accepted sockets, which are the most. Leaks are added separately (addLeak). */
  addAll(): void {
    const columns = this.#world.sockets;
    const { states, holders, end } = columns;
    for (let slot = 0; slot < end; slot++) {
      const state = states[slot] ?? 0;
      if (state === 0) continue;
      const holder = holders[slot] ?? ASK;
      if (this.chosen !== null) this.#choose(slot, holder, this.chosen);
      const isPlain = state === TCP.ESTABLISHED || state === TCP.CLOSE_WAIT;
      if (!isPlain || holder === ASK) this.#add(columns.at(slot));
    }
  }

  #add(socket: Socket): void {
    switch (socket.state) {
      case TCP.ESTABLISHED:
        if (socket.inode === 0 && isUnaccepted(socket) && this.#takesAny(socket)) this.queues.addWaiting(socket);
        return;
      case TCP.LISTEN:
        if (this.#takesAny(socket)) this.queues.addListener(socket);
        return;
      case TCP.CLOSE_WAIT:
        if (isUnaccepted(socket) && this.#takesAny(socket)) this.queues.addWaiting(socket);
        return;
      case TCP.SYN_RECV:
        if (this.#takesAny(socket)) this.queues.addHalfOpen(socket);
        return;
      case TCP.SYN_SENT:
      case TCP.FIN_WAIT1:
      case TCP.FIN_WAIT2:
      case TCP.CLOSING:
      case TCP.LAST_ACK:
        if (this.#world.now - socket.since >= PATIENCE && this.#takesAny(socket)) this.unanswered.add(socket);
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

  addLeak(socket: Socket, holder: number, isStuck: boolean, leaked: LeakedDescriptor | null): void {
    const age = leaked ?? socket;
    if (holder !== ASK && holder !== NO_HOLDER) {
      this.#leakOf(socket, holder, age)?.add(socket, isStuck, leaked);
      return;
    }
    const holders = this.#world.holders(socket);
    for (const { pid } of holders) this.#leakOf(socket, pid, age)?.add(socket, isStuck, leaked);
    if (holders.length === 0 && isStuck) this.#leakOf(socket, null, age)?.add(socket, isStuck, leaked);
  }

  /** Null if it does not match the filter. */
  #leakOf(socket: Socket, pid: number | null, age: { readonly since: Nanos }): Leak | null {
    if (!this.#filter.takes(socket, pid, age)) return null;
    let leak = this.leaks.get(pid);
    if (leak === undefined) this.leaks.set(pid, (leak = new Leak(pid)));
    return leak;
  }

  /** One matching socket is enough to choose its holder. */
  #choose(slot: number, holder: number, chosen: Set<number>): void {
    if (holder === NO_HOLDER || chosen.has(holder)) return;
    const socket = this.#world.sockets.at(slot);
    const pids = holder === ASK ? this.#world.holders(socket).map(({ pid }) => pid) : [holder];
    for (const pid of pids) if (this.#filter.takes(socket, pid)) chosen.add(pid);
  }

  #takesAny(socket: Socket): boolean {
    if (this.#filter.isEmpty) return true;
    const holders = this.#world.holders(socket);
    if (holders.length === 0) return this.#filter.takes(socket, null);
    return holders.some(({ pid }) => this.#filter.takes(socket, pid));
  }
}
