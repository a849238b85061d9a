import { type SortValue, compareValues } from "../../base/order.ts";
import { type Compare, PartialOrder } from "../../base/partial-order.ts";
import type { OwnerEvidence } from "../events/owner-evidence.ts";
import type { Filter } from "../filter/filter.ts";
import { GroupSieve, type Grouping, groupsOf } from "./group.ts";
import { type Address, formatEndpoint } from "../net/address.ts";
import type { SocketRole } from "../net/tuple.ts";
import type { Nanos } from "../net/nanos.ts";
import { TCP, type TcpState } from "../net/tcp-state.ts";
import type { Holder } from "../processes/holder.ts";
import { HeldFilter } from "../reports/held-filter.ts";
import type { SocketWorld } from "../reports/socket-world.ts";
import { type CloseWaitVisit, forEachCloseWait } from "../sockets/close-wait.ts";
import { ASK, NO_HOLDER, isUnaccepted } from "../sockets/holding.ts";
import type { SocketColumns } from "../sockets/socket-columns.ts";
import { type Socket, hasFile } from "../sockets/socket.ts";
import { isStuck, isStuckDescriptor } from "../sockets/stuck.ts";
import type { LeakedDescriptor } from "../sockets/leaked-descriptors.ts";

/** Which sockets to list; `unowned`: those that should have a holder, but none is known. */
export type SocketsOf =
  | { readonly kind: "unowned" }
  | { readonly kind: "closeWait" }
  | { readonly kind: "process"; readonly pid: number }
  | { readonly kind: "group"; readonly by: Grouping; readonly name: string };

export const SOCKET_SORTS = ["state", "age", "pid", "fd", "queue", "local", "remote"] as const;
export type SocketSort = (typeof SOCKET_SORTS)[number];

export interface SocketChoice {
  readonly of: SocketsOf;
  readonly filter: Filter;
  readonly stuckAfterMs: number;
  readonly onlyStuck: boolean;
  /** Null: those in CLOSE_WAIT first, then oldest first. */
  readonly sort: SocketSort | null;
  readonly reverse: boolean;
}

/** The holder to search the columns for; null: any. */
function holderOf(of: SocketsOf): number | null {
  return of.kind === "process" ? of.pid : of.kind === "unowned" ? NO_HOLDER : null;
}

/**
 * Slots of candidates in states other than CLOSE_WAIT. The columns rule out most sockets without touching the objects.
 */
function slotsFor({ states, holders, end }: SocketColumns, { of, onlyStuck }: SocketChoice): number[] {
  const slots: number[] = [];
  if (onlyStuck || of.kind === "closeWait") return slots;
  const only = holderOf(of);
  for (let slot = 0; slot < end; slot++) {
    if (states[slot] === 0 || states[slot] === TCP.CLOSE_WAIT) continue;
    if (only === null || holders[slot] === only || holders[slot] === ASK) slots.push(slot);
  }
  return slots;
}

/** A row of the list. */
export interface SocketRow {
  readonly id: number;
  readonly state: TcpState;
  readonly ageMs: number;
  readonly ageIsAtLeast: boolean;
  readonly isStuck: boolean;
  /** A reset ended the socket; only the descriptor is left. */
  readonly isLeakedDescriptor: boolean;
  /** One of its holders; null if none is known. */
  readonly pid: number | null;
  readonly comm: string | null;
  readonly fd: number | null;
  /** Number of other processes that hold it. */
  readonly others: number;
  readonly local: string;
  readonly remote: string;
  readonly receiveQueue: number | null;
  readonly isAccepted: boolean;
  readonly role: SocketRole | null;
  readonly owner: OwnerEvidence;
}

/** A sorted list of sockets that builds only the requested rows. */
export class SocketList {
  readonly #world: SocketWorld;
  readonly #choice: SocketChoice;
  readonly #filter: HeldFilter;
  readonly #sieve: GroupSieve | null;
  readonly #leaked = new Map<Socket, LeakedDescriptor>();
  readonly #sockets: PartialOrder<Socket>;

  constructor(world: SocketWorld, choice: SocketChoice) {
    this.#world = world;
    this.#choice = choice;
    this.#filter = new HeldFilter(choice.filter, world);
    const { of, onlyStuck, stuckAfterMs } = choice;
    this.#sieve = of.kind === "group" ? new GroupSieve(of.by, of.name, world) : null;
    const found: Socket[] = [];
    for (const slot of slotsFor(world.sockets, choice)) {
      const socket = world.sockets.at(slot);
      if (this.#isChosen(socket, world.sockets.holders[slot] ?? ASK, socket)) found.push(socket);
    }
    const add: CloseWaitVisit = (socket, holder, stuck, leaked) => {
      if ((onlyStuck && !stuck) || !this.#isChosen(socket, holder, leaked ?? socket)) return;
      found.push(socket);
      if (leaked !== null) this.#leaked.set(socket, leaked);
    };
    forEachCloseWait(world, stuckAfterMs * 1e6, add, holderOf(of));
    this.#sockets = new PartialOrder(found, this.#comparison());
  }

  get length(): number {
    return this.#sockets.length;
  }

  idAt(index: number): number | null {
    return this.#sockets.at(index)?.id ?? null;
  }

  /** -1 if it is not on the list. */
  indexOf(id: number): number {
    return this.#sockets.indexOf((socket) => socket.id === id);
  }

  rows(from: number, count: number): SocketRow[] {
    return this.#sockets.slice(from, from + count).map((socket) => this.#row(socket));
  }

  #isChosen(socket: Socket, holder: number, age: { readonly since: Nanos }): boolean {
    const { of, filter } = this.#choice;
    if (of.kind === "closeWait" && filter.isEmpty) return true;
    // Fast path: nearly all sockets have one holder, so no list of holders is built.
    if (of.kind === "process" && holder !== ASK) {
      return holder === of.pid && this.#filter.takes(socket, holder, age);
    }
    if (of.kind === "unowned" && !hasFile(socket)) return false;
    const isInGroup = this.#sieve?.has(socket, holder);
    if (isInGroup === false) return false;
    if (isInGroup === true && filter.isEmpty) return true;
    const holders = this.#world.holders(socket);
    if (of.kind === "unowned" && holders.length > 0) return false;
    if (of.kind === "process" && !holders.some(({ pid }) => pid === of.pid)) return false;
    if (of.kind === "group" && !groupsOf(socket, holders, of.by, this.#world).has(of.name)) return false;
    if (holders.length === 0) return this.#filter.takes(socket, null, age);
    return holders.some(({ pid }) => this.#filter.takes(socket, pid, age));
  }

  #since(socket: Socket): number {
    // Fast path: there are rarely any, and a hundred thousand lookups are slow.
    return this.#leaked.size === 0 ? socket.since : (this.#leaked.get(socket)?.since ?? socket.since);
  }

  #isStuck(socket: Socket): boolean {
    const stuckAfter = this.#choice.stuckAfterMs * 1e6;
    const leaked = this.#leaked.get(socket);
    return leaked === undefined
      ? isStuck(socket, this.#world, stuckAfter)
      : isStuckDescriptor(leaked, this.#world, stuckAfter);
  }

  /** Ties are ordered by id, which is the order of first sight. */
  #comparison(): Compare<Socket> {
    const { sort, reverse } = this.#choice;
    const compare: Compare<Socket> =
      sort === null
        ? (a, b) => rank(a) - rank(b) || this.#since(a) - this.#since(b) || a.id - b.id
        : (a, b) => compareValues(this.#value(a, sort), this.#value(b, sort)) || a.id - b.id;
    return reverse ? (a, b) => compare(b, a) : compare;
  }

  #value(socket: Socket, sort: SocketSort): SortValue {
    if (sort === "age") return this.#world.now - this.#since(socket);
    if (sort === "state") return socket.state;
    if (sort === "queue") return socket.receiveQueue;
    if (sort === "local") return endValue(socket.localAddress, socket.localPort);
    if (sort === "remote") return endValue(socket.remoteAddress, socket.remotePort);
    const holder = this.#holder(socket);
    return (sort === "pid" ? holder?.pid : holder?.fd) ?? null;
  }

  /** The process that the list is about, else the first holder. */
  #holder(socket: Socket): Holder | undefined {
    const holders = this.#world.holders(socket);
    const { of } = this.#choice;
    return of.kind === "process" ? holders.find(({ pid }) => pid === of.pid) : holders[0];
  }

  #row(socket: Socket): SocketRow {
    const holder = this.#holder(socket);
    const leaked = this.#leaked.get(socket);
    return {
      id: socket.id,
      state: socket.state,
      ageMs: (this.#world.now - this.#since(socket)) / 1e6,
      ageIsAtLeast: !(leaked ?? socket).sinceIsExact,
      isStuck: this.#isStuck(socket),
      isLeakedDescriptor: leaked !== undefined,
      pid: holder?.pid ?? null,
      comm: holder === undefined ? null : (this.#world.process(holder.pid)?.comm ?? null),
      fd: holder?.fd ?? null,
      others: Math.max(0, this.#world.holders(socket).length - 1),
      local: formatEndpoint(socket.localAddress, socket.localPort),
      remote: socket.remotePort === 0 ? "-" : formatEndpoint(socket.remoteAddress, socket.remotePort),
      receiveQueue: socket.receiveQueue,
      isAccepted: !isUnaccepted(socket),
      role: socket.role,
      owner: socket.owner.evidence,
    };
  }
}

/** Sorts by address and port, IPv4 first. IPv4 gives a number, which compares faster than text. */
function endValue(address: Address, port: number): SortValue {
  return typeof address === "number" ? -(address * 65_536 + port) : `${address}:${String(port).padStart(5, "0")}`;
}

function rank({ state }: Socket): number {
  return state === TCP.CLOSE_WAIT || state === TCP.CLOSE ? 0 : 1;
}
