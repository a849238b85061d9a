import { type SortValue, compareValues } from "../../base/order.ts";
import { type Compare, PartialOrder } from "../../base/partial-order.ts";
import type { OwnerEvidence } from "../events/owner-evidence.ts";
import type { Filter } from "../filter/filter.ts";
import { GroupSieve, type Grouping, groupsOf } from "./group.ts";
import { type Address, formatEndpoint } from "../net/address.ts";
import type { SocketRole } from "../net/tuple.ts";
import { TCP, type TcpState } from "../net/tcp-state.ts";
import type { Holder } from "../processes/holder.ts";
import type { SocketWorld } from "../reports/socket-world.ts";
import { ASK, NOBODY, isUnaccepted, soleHolder } from "../sockets/holding.ts";
import type { SocketColumns } from "../sockets/socket-columns.ts";
import { type Socket, hasFile } from "../sockets/socket.ts";
import { isStuck } from "../sockets/stuck.ts";
import { socketSubject } from "../sockets/subject.ts";
import type { LeakedDescriptor } from "../sockets/leaked-descriptors.ts";

/** Which sockets: all in CLOSE_WAIT, those of a process or of a group, or those that should have a process and none is known. */
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
  /** Null: in CLOSE_WAIT first, the oldest first. */
  readonly sort: SocketSort | null;
  readonly reverse: boolean;
}

/** Where sockets may stand that are chosen: most are not, which their columns tell. */
function slotsFor({ states, holders, end }: SocketColumns, { of, onlyStuck }: SocketChoice): number[] {
  const isOnlyCloseWait = onlyStuck || of.kind === "closeWait";
  const only = of.kind === "process" ? of.pid : of.kind === "unowned" ? NOBODY : null;
  const slots: number[] = [];
  for (let slot = 0; slot < end; slot++) {
    if (states[slot] === 0 || (isOnlyCloseWait && states[slot] !== TCP.CLOSE_WAIT)) continue;
    if (only === null || holders[slot] === only || holders[slot] === ASK) slots.push(slot);
  }
  return slots;
}

/** A socket as a list shows it. */
export interface SocketRow {
  readonly id: number;
  readonly state: TcpState;
  readonly ageMs: number;
  readonly ageIsAtLeast: boolean;
  readonly isStuck: boolean;
  /** It has left the kernel's tables by a reset; only the descriptor is left. */
  readonly isVanished: boolean;
  /** One of its holders; null when none is known. */
  readonly pid: number | null;
  readonly comm: string | null;
  readonly fd: number | null;
  /** How many more processes hold it. */
  readonly others: number;
  readonly local: string;
  readonly remote: string;
  readonly receiveQueue: number | null;
  readonly isAccepted: boolean;
  readonly role: SocketRole | null;
  readonly owner: OwnerEvidence;
}

/** Sockets in order. Only the rows that are asked for are made, however many there are. */
export class SocketList {
  readonly #world: SocketWorld;
  readonly #choice: SocketChoice;
  readonly #sieve: GroupSieve | null;
  readonly #vanished = new Map<Socket, LeakedDescriptor>();
  readonly #sockets: PartialOrder<Socket>;

  constructor(world: SocketWorld, choice: SocketChoice) {
    this.#world = world;
    this.#choice = choice;
    const { of } = choice;
    this.#sieve = of.kind === "group" ? new GroupSieve(of.by, of.name, world) : null;
    const found: Socket[] = [];
    for (const slot of slotsFor(world.sockets, choice)) {
      const socket = world.sockets.at(slot);
      if (this.#isChosen(socket, world.sockets.holders[slot] ?? ASK)) found.push(socket);
    }
    for (const one of world.leakedDescriptors) {
      this.#vanished.set(one.socket, one);
      if (one.isConfirmed && this.#isChosen(one.socket, soleHolder(one.socket))) found.push(one.socket);
      else this.#vanished.delete(one.socket);
    }
    this.#sockets = new PartialOrder(found, this.#comparison());
  }

  get length(): number {
    return this.#sockets.length;
  }

  idAt(index: number): number | null {
    return this.#sockets.at(index)?.id ?? null;
  }

  /** -1 when it is not on the list. */
  indexOf(id: number): number {
    return this.#sockets.indexOf((socket) => socket.id === id);
  }

  rows(from: number, count: number): SocketRow[] {
    return this.#sockets.slice(from, from + count).map((socket) => this.#row(socket));
  }

  #isChosen(socket: Socket, holder: number): boolean {
    const { of, filter, onlyStuck } = this.#choice;
    if (onlyStuck && !this.#isStuck(socket)) return false;
    if (of.kind === "closeWait" && filter.isEmpty) return true;
    // Nearly all are held by one process: no list is made for each of those.
    if (of.kind === "process" && holder !== ASK) {
      return holder === of.pid && (filter.isEmpty || this.#passes(socket, [{ pid: holder, fd: null }]));
    }
    if (of.kind === "unowned" && !hasFile(socket)) return false;
    const isInGroup = this.#sieve?.has(socket, holder);
    if (isInGroup === false) return false;
    if (isInGroup === true && filter.isEmpty) return true;
    const holders = this.#world.holders(socket);
    if (of.kind === "unowned" && holders.length > 0) return false;
    if (of.kind === "process" && !holders.some(({ pid }) => pid === of.pid)) return false;
    if (of.kind === "group" && !groupsOf(socket, holders, of.by, this.#world).has(of.name)) return false;
    return filter.isEmpty || this.#passes(socket, holders);
  }

  /** The filter takes it for some holder. */
  #passes(socket: Socket, holders: readonly Holder[]): boolean {
    const { filter } = this.#choice;
    const age = this.#world.now - this.#since(socket);
    if (holders.length === 0) return filter.matches(socketSubject(socket, null, age));
    return holders.some(({ pid }) => filter.matches(socketSubject(socket, this.#world.process(pid), age)));
  }

  #since(socket: Socket): number {
    // Mostly there are none, and a hundred thousand look-ups are felt.
    return this.#vanished.size === 0 ? socket.since : (this.#vanished.get(socket)?.since ?? socket.since);
  }

  #isStuck(socket: Socket): boolean {
    const stuckAfter = this.#choice.stuckAfterMs * 1e6;
    const vanished = this.#vanished.get(socket);
    return vanished === undefined
      ? isStuck(socket, this.#world, stuckAfter)
      : this.#world.now - vanished.since >= stuckAfter;
  }

  /** What is alike stands in the order in which it was met. */
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

  /** The one that the list is about, or else the first. */
  #holder(socket: Socket): Holder | undefined {
    const holders = this.#world.holders(socket);
    const { of } = this.#choice;
    return of.kind === "process" ? holders.find(({ pid }) => pid === of.pid) : holders[0];
  }

  #row(socket: Socket): SocketRow {
    const holder = this.#holder(socket);
    const vanished = this.#vanished.get(socket);
    return {
      id: socket.id,
      state: socket.state,
      ageMs: (this.#world.now - this.#since(socket)) / 1e6,
      ageIsAtLeast: !(vanished ?? socket).sinceIsExact,
      isStuck: this.#isStuck(socket),
      isVanished: vanished !== undefined,
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

/** From the lowest address and port on, IPv4 first; a number where that does, for there may be a hundred thousand. */
function endValue(address: Address, port: number): SortValue {
  return typeof address === "number" ? -(address * 65_536 + port) : `${address}:${String(port).padStart(5, "0")}`;
}

function rank({ state }: Socket): number {
  return state === TCP.CLOSE_WAIT || state === TCP.CLOSE ? 0 : 1;
}
