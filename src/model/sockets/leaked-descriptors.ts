import { SeededMap } from "../../base/seeded-map.ts";
import type { Nanos } from "../net/nanos.ts";
import type { Holder } from "../processes/holder.ts";
import type { SocketTable } from "./socket-table.ts";
import type { Socket } from "./socket.ts";

/** A socket in CLOSE_WAIT that was reset, while its descriptor may still be open. */
export interface LeakedDescriptor {
  readonly socket: Socket;
  /** When the socket entered CLOSE_WAIT, and when (`at`) it left. */
  readonly since: Nanos;
  readonly sinceIsExact: boolean;
  readonly at: Nanos;
  /** A later survey found a process that holds it. */
  readonly isConfirmed: boolean;
}

/** The kernel's default limit of open files per process (fs.nr_open). */
const MAX_LEAKED = 1_048_576;

/** Sockets that left the kernel's tables without a close(), by inode. */
export class LeakedDescriptors {
  readonly #byInode = new SeededMap<number, LeakedDescriptor>();

  get size(): number {
    return this.#byInode.size;
  }

  [Symbol.iterator](): IterableIterator<LeakedDescriptor> {
    return this.#byInode.values();
  }

  entries(): IterableIterator<[number, LeakedDescriptor]> {
    return this.#byInode[Symbol.iterator]();
  }

  /**
   * Adds a socket that is about to leave CLOSE_WAIT without a close(): a later survey shows whether it is still held.
   */
  suspect(socket: Socket, at: Nanos): void {
    const { inode, since, sinceIsExact } = socket;
    if (inode === null || inode === 0 || this.#byInode.size >= MAX_LEAKED) return;
    this.#byInode.set(inode, { socket, since, sinceIsExact, at, isConfirmed: false });
  }

  restore(inode: number, leaked: LeakedDescriptor): void {
    this.#byInode.set(inode, leaked);
  }

  /** Confirms the descriptors that a survey found open, and drops those that were closed. */
  settle(surveyedAt: Nanos, holders: SeededMap<number, Holder[]>, sockets: SocketTable): void {
    for (const [inode, leaked] of this.#byInode) {
      if (surveyedAt < leaked.at) continue;
      const held = holders.get(inode);
      if (held === undefined || sockets.atInode(inode) !== undefined) this.#byInode.delete(inode);
      else {
        if (!leaked.isConfirmed) this.#byInode.set(inode, { ...leaked, isConfirmed: true });
        sockets.setHolders(leaked.socket, held);
      }
    }
  }
}
