import { NumberMap } from "../../base/number-map.ts";
import type { SocketTuple, SocketRole } from "../net/tuple.ts";
import { MAX_SOCKETS } from "../net/limits.ts";
import type { Nanos } from "../net/nanos.ts";
import { TCP, type TcpState } from "../net/tcp-state.ts";
import type { Holder } from "../processes/holder.ts";
import type { Owner } from "../processes/owner.ts";
import { TupleIndex } from "./tuple-index.ts";
import { ListenerIndex } from "./listeners.ts";
import { SocketColumns } from "./socket-columns.ts";
import { Socket } from "./socket.ts";
import type { Destination } from "../time-wait/destination.ts";

/** All live sockets, indexed by kernel address if traced, by inode, and by tuple if only /proc has shown them. */
export class SocketTable {
  readonly columns = new SocketColumns();
  readonly #byAddress = new NumberMap<Socket>();
  readonly #byInode = new NumberMap<Socket>();
  /** Only sockets without an address. */
  readonly #untraced = new TupleIndex();
  readonly listeners = new ListenerIndex();
  #nextId = 1;
  #dropped = 0;
  #closeWait = 0;

  get dropped(): number {
    return this.#dropped;
  }

  /** Number of sockets in CLOSE_WAIT. */
  get closeWait(): number {
    return this.#closeWait;
  }

  get size(): number {
    return this.columns.size;
  }

  [Symbol.iterator](): IterableIterator<Socket> {
    return this.columns[Symbol.iterator]();
  }

  /** The id of the next new socket. */
  get nextId(): number {
    return this.#nextId;
  }

  /** Creates a socket. Past the limit it is counted as dropped and not indexed. `id` restores a socket of an image. */
  create(state: TcpState, since: Nanos, sinceIsExact: boolean, id = this.#nextId): Socket {
    this.#nextId = Math.max(this.#nextId, id + 1);
    const socket = new Socket(id, state, since, sinceIsExact);
    if (this.columns.size >= MAX_SOCKETS) this.#dropped++;
    else {
      this.columns.add(socket);
      if (state === TCP.CLOSE_WAIT) this.#closeWait++;
    }
    return socket;
  }

  /** Marks all ids below this one as used. */
  skipIds(nextId: number): void {
    this.#nextId = Math.max(this.#nextId, nextId);
  }

  atAddress(address: number): Socket | undefined {
    return this.#byAddress.get(address);
  }

  atInode(inode: number): Socket | undefined {
    return this.#byInode.get(inode);
  }

  /**
   * The only untraced socket with this tuple; undefined if there is none or more than one. A different inode means a
   * different socket: several listeners may have the same tuple (SO_REUSEPORT).
   */
  untraced(tuple: SocketTuple, inode: number | null): Socket | undefined {
    const found = this.#untraced.at(tuple);
    if (found.length === 0) return undefined;
    const { netns } = tuple;
    const same = found.filter(
      (socket) => (netns === null || socket.netns === null || socket.netns === netns) && mayBeSame(socket.inode, inode),
    );
    return same.length === 1 ? same[0] : undefined;
  }

  addListener(socket: Socket): void {
    if (socket.slot >= 0) this.listeners.add(socket);
  }

  setAddress(socket: Socket, address: number): void {
    if (socket.slot < 0) return;
    if (socket.address === null) this.#untraced.remove(socket);
    socket.address = address;
    this.#byAddress.set(address, socket);
  }

  /** Must be called after a socket without an address has learnt its tuple. */
  indexTuple(socket: Socket): void {
    if (socket.address === null && socket.slot >= 0) this.#untraced.add(socket);
  }

  /** Updates the socket's tuple and the indexes. */
  learnTuple(socket: Socket, tuple: SocketTuple): void {
    if (socket.address === null) this.#untraced.remove(socket);
    socket.learnTuple(tuple);
    this.indexTuple(socket);
    // listen() without bind() gets its port only later.
    if (socket.state === TCP.LISTEN) this.listeners.moved(socket);
  }

  /** After a gap, kernel addresses may have been reused: surveys match the sockets by inode and tuple instead. */
  untrace(): void {
    this.#byAddress.clear();
    for (const socket of this.columns) {
      if (socket.address === null) continue;
      socket.address = null;
      this.indexTuple(socket);
    }
  }

  setInode(socket: Socket, inode: number): void {
    if (socket.inode === inode || socket.slot < 0) return;
    if (socket.inode !== null) this.#forgetInode(socket, socket.inode);
    writable(socket).inode = inode;
    if (inode !== 0) this.#byInode.set(inode, socket);
    this.columns.noteHolder(socket);
  }

  setState(socket: Socket, state: TcpState, at: Nanos, isExact: boolean): void {
    if (socket.state === TCP.LISTEN && state !== TCP.LISTEN) this.listeners.remove(socket);
    if (socket.state !== state) socket.receiveQueue = null;
    if ((socket.state === TCP.CLOSE_WAIT) !== (state === TCP.CLOSE_WAIT) && socket.slot >= 0) {
      this.#closeWait += state === TCP.CLOSE_WAIT ? 1 : -1;
    }
    writable(socket).state = state;
    socket.since = at;
    socket.sinceIsExact = isExact;
    if (state === TCP.LISTEN) this.addListener(socket);
    this.columns.noteState(socket);
  }

  setDestination(socket: Socket, destination: Destination): void {
    writable(socket).destination = destination;
    this.columns.noteDestination(socket);
  }

  setRole(socket: Socket, role: SocketRole | null): void {
    writable(socket).role = role;
    this.columns.noteHolder(socket);
  }

  setOwner(socket: Socket, owner: Owner, holders: readonly Holder[]): void {
    writable(socket).owner = owner;
    this.setHolders(socket, holders);
  }

  setHolders(socket: Socket, holders: readonly Holder[]): void {
    writable(socket).holders = holders;
    this.columns.noteHolder(socket);
  }

  remove(socket: Socket): void {
    if (socket.destination !== null) socket.destination.live--;
    writable(socket).destination = null;
    if (socket.slot < 0) return;
    this.columns.remove(socket);
    if (socket.state === TCP.CLOSE_WAIT) this.#closeWait--;
    if (socket.state === TCP.LISTEN) this.listeners.remove(socket);
    if (socket.address === null) this.#untraced.remove(socket);
    else if (this.#byAddress.get(socket.address) === socket) this.#byAddress.delete(socket.address);
    if (socket.inode !== null) this.#forgetInode(socket, socket.inode);
  }

  #forgetInode(socket: Socket, inode: number): void {
    if (this.#byInode.get(inode) === socket) this.#byInode.delete(inode);
  }
}

type Kept = "destination" | "state" | "inode" | "role" | "owner" | "holders";

/** The fields that the columns mirror are read-only elsewhere, so that the columns stay in step. */
function writable(socket: Socket): { -readonly [Key in Kept]: Socket[Key] } {
  return socket;
}

/** Whether one socket may have had both inodes: 0 and null mean that it has none at that time. */
function mayBeSame(one: number | null, other: number | null): boolean {
  return one === null || one === 0 || other === null || other === 0 || one === other;
}
