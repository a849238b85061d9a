import { ASK, soleHolder } from "./holding.ts";
import type { Socket } from "./socket.ts";
import type { TcpState } from "../net/tcp-state.ts";

const FIRST_CAPACITY = 4096;

/** Receives a socket and its holder as from `soleHolder`. */
export type Visit = (socket: Socket, holder: number) => void;

/**
 * Sockets, oldest first, with typed arrays of what every frame needs of all of them: state, holder and destination. To
 * read these from a hundred thousand objects scattered in memory would take thirty times as long.
 */
export class SocketColumns {
  #sockets: (Socket | null)[] = [];
  #states = new Uint8Array(FIRST_CAPACITY);
  #holders = new Int32Array(FIRST_CAPACITY);
  #destinations = new Int32Array(FIRST_CAPACITY);
  #end = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** All slots from this one on are unused. */
  get end(): number {
    return this.#end;
  }

  /** By slot: the state; 0 if the slot is free. */
  get states(): Readonly<Uint8Array> {
    return this.#states;
  }

  /** By slot: the holder, as from `soleHolder`. */
  get holders(): Readonly<Int32Array> {
    return this.#holders;
  }

  /** By slot: the id of the destination that counts the socket as live; 0 for none. */
  get destinations(): Readonly<Int32Array> {
    return this.#destinations;
  }

  /** Throws if the slot is free. */
  at(slot: number): Socket {
    const socket = this.#sockets[slot];
    if (socket == null) throw new Error(`no socket in slot ${slot}`);
    return socket;
  }

  /** No socket may be added during the iteration. */
  *[Symbol.iterator](): IterableIterator<Socket> {
    for (let slot = 0; slot < this.#end; slot++) {
      const socket = this.#sockets[slot];
      if (socket != null) yield socket;
    }
  }

  /** Calls `visit` for each socket that is not in the state `except`; `visit` must not add sockets. */
  forEach(visit: Visit, except: TcpState | null = null): void {
    for (let slot = 0; slot < this.#end; slot++) {
      const state = this.#states[slot];
      if (state !== 0 && state !== except) visit(this.at(slot), this.#holders[slot] ?? ASK);
    }
  }

  add(socket: Socket): void {
    if (this.#end === this.#states.length) this.#makeRoom();
    socket.slot = this.#end++;
    this.#sockets[socket.slot] = socket;
    this.#size++;
    this.#states[socket.slot] = socket.state;
    this.#holders[socket.slot] = soleHolder(socket);
    this.#destinations[socket.slot] = socket.destination?.id ?? 0;
  }

  /** A copy, including the sockets. */
  copy(): SocketColumns {
    const copied = new SocketColumns();
    copied.#sockets = this.#sockets.map((socket) => socket?.copy() ?? null);
    copied.#states = this.#states.slice();
    copied.#holders = this.#holders.slice();
    copied.#destinations = this.#destinations.slice();
    copied.#end = this.#end;
    copied.#size = this.#size;
    return copied;
  }

  /** Must be called after a socket's state has changed. */
  noteState(socket: Socket): void {
    const { slot } = socket;
    if (slot < 0) return;
    this.#states[slot] = socket.state;
    // The holder depends on the state only if the socket has no file.
    if (socket.inode === 0) this.#holders[slot] = soleHolder(socket);
  }

  /** Must be called after a change that affects `soleHolder`. */
  noteHolder(socket: Socket): void {
    if (socket.slot >= 0) this.#holders[socket.slot] = soleHolder(socket);
  }

  noteDestination({ slot, destination }: Socket): void {
    if (slot >= 0) this.#destinations[slot] = destination?.id ?? 0;
  }

  remove(socket: Socket): void {
    const { slot } = socket;
    if (slot < 0) return;
    this.#sockets[slot] = null;
    this.#states[slot] = 0;
    this.#destinations[slot] = 0;
    this.#size--;
    socket.slot = -1;
  }

  /** Compacts the columns, and doubles them if less than half of the slots would be free. */
  #makeRoom(): void {
    const before = this.#sockets;
    if (this.#size * 2 > this.#states.length) {
      const capacity = this.#states.length * 2;
      this.#states = new Uint8Array(capacity);
      this.#holders = new Int32Array(capacity);
      this.#destinations = new Int32Array(capacity);
    }
    this.#end = 0;
    this.#size = 0;
    // Safe in place: no socket moves to a later slot.
    for (const socket of before) if (socket !== null) this.add(socket);
    before.fill(null, this.#end);
  }
}
