import { formatEndpoint } from "./address.ts";
import type { Filter } from "./filter.ts";
import { type Grouping, groupsOf } from "./group.ts";
import { type Holder, isUnaccepted, onlyHolder } from "./holding.ts";
import { type SortValue, sortBy } from "./order.ts";
import type { OwnerEvidence } from "./owner.ts";
import type { Socket, SocketRole } from "./socket.ts";
import type { SocketWorld } from "./socket-world.ts";
import { isStuck } from "./stuck.ts";
import { socketSubject } from "./subject.ts";
import type { Vanished } from "./tables.ts";
import { TCP, type TcpState } from "./tcp-state.ts";

/** Which sockets: all in CLOSE_WAIT, or those of a process or of a group. */
export type SocketsOf =
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

/** Whether a list of these may have this socket: asked of all sockets, it must cost nothing. */
export function mayBeOf(socket: Socket, of: SocketsOf): boolean {
  if (of.kind === "closeWait") return socket.state === TCP.CLOSE_WAIT;
  if (of.kind === "group") return true;
  const only = onlyHolder(socket);
  return only === null || only === of.pid;
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
  readonly #vanished = new Map<Socket, Vanished>();
  readonly #sockets: readonly Socket[];

  constructor(world: SocketWorld, choice: SocketChoice) {
    this.#world = world;
    this.#choice = choice;
    const found: Socket[] = [];
    for (const socket of world.sockets) if (this.#isChosen(socket)) found.push(socket);
    for (const one of world.vanished) {
      this.#vanished.set(one.socket, one);
      if (one.isConfirmed && this.#isChosen(one.socket)) found.push(one.socket);
      else this.#vanished.delete(one.socket);
    }
    this.#sockets = this.#ordered(found);
  }

  get length(): number {
    return this.#sockets.length;
  }

  idAt(index: number): number | null {
    return this.#sockets[index]?.id ?? null;
  }

  /** -1 when it is not on the list. */
  indexOf(id: number): number {
    return this.#sockets.findIndex((socket) => socket.id === id);
  }

  rows(from: number, count: number): SocketRow[] {
    return this.#sockets.slice(from, from + count).map((socket) => this.#row(socket));
  }

  #isChosen(socket: Socket): boolean {
    const { of, filter, onlyStuck } = this.#choice;
    if (!mayBeOf(socket, of) && !this.#vanished.has(socket)) return false;
    if (onlyStuck && !this.#isStuck(socket)) return false;
    if (of.kind === "closeWait" && filter.isEmpty) return true;
    const holders = this.#world.holders(socket);
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

  #ordered(sockets: Socket[]): readonly Socket[] {
    const { sort, reverse } = this.#choice;
    const ordered =
      sort === null
        ? sockets.toSorted((a, b) => rank(a) - rank(b) || this.#since(a) - this.#since(b))
        : sortBy(sockets, (socket) => this.#value(socket, sort));
    return reverse ? ordered.toReversed() : ordered;
  }

  #value(socket: Socket, sort: SocketSort): SortValue {
    if (sort === "age") return this.#world.now - this.#since(socket);
    if (sort === "state") return socket.state;
    if (sort === "queue") return socket.receiveQueue;
    if (sort === "local") return formatEndpoint(socket.localAddress, socket.localPort);
    if (sort === "remote") return formatEndpoint(socket.remoteAddress, socket.remotePort);
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

function rank({ state }: Socket): number {
  return state === TCP.CLOSE_WAIT || state === TCP.CLOSE ? 0 : 1;
}
