import { ASK, soleHolder } from "./holding.ts";
import type { Socket } from "./socket.ts";
import type { TcpState } from "../net/tcp-state.ts";

const FIRST_CAPACITY = 4096;

/** Is given a socket, and who holds it as `soleHolder` has it. */
export type Visit = (socket: Socket, holder: number) => void;

/**
 * Sockets, the oldest first, and beside them in typed arrays what each picture asks of all of them: in which state it is, who holds it, where it goes.
 * A hundred thousand objects, and what they refer to, lie about in memory: to look into each costs thirty times as much.
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

  /** Slots from here on have never been used. */
  get end(): number {
    return this.#end;
  }

  /** By slot: the state; 0 where the slot is free. */
  get states(): Readonly<Uint8Array> {
    return this.#states;
  }

  /** By slot: who holds it, as `soleHolder` has it. */
  get holders(): Readonly<Int32Array> {
    return this.#holders;
  }

  /** By slot: the id of the destination toward which it is counted as live; 0 for none. */
  get destinations(): Readonly<Int32Array> {
    return this.#destinations;
  }

  /** Throws where the slot is free. */
  at(slot: number): Socket {
    const socket = this.#sockets[slot];
    if (socket == null) throw new Error(`no socket in slot ${slot}`);
    return socket;
  }

  /** Nothing may be added meanwhile. */
  *[Symbol.iterator](): IterableIterator<Socket> {
    for (let slot = 0; slot < this.#end; slot++) {
      const socket = this.#sockets[slot];
      if (socket != null) yield socket;
    }
  }

  /** Calls `visit` for each but those in the state `except`; it may not add any. */
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

  /** The same at this moment, with copies of the sockets. */
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

  /** To be called when its state has changed. */
  noteState(socket: Socket): void {
    const { slot } = socket;
    if (slot < 0) return;
    this.#states[slot] = socket.state;
    // Who holds it depends on that only where it has no file.
    if (socket.inode === 0) this.#holders[slot] = soleHolder(socket);
  }

  /** To be called when something has changed that says who holds it. */
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

  /** Moves all to the front, where at least half of the slots are free then. */
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
    // None moves to a later place than its own.
    for (const socket of before) if (socket !== null) this.add(socket);
    before.fill(null, this.#end);
  }
}
