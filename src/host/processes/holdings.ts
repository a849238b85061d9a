import { isSystemError } from "../machine/errno.ts";
import type { TimeSlice } from "../machine/time-slice.ts";
import { type Descriptors, parseSocketLink } from "./descriptors.ts";
import { RING_LINK, parseRegisteredSockets } from "./io-uring.ts";
import type { HeldSocket } from "../../model/events/survey.ts";

/** Which descriptors of a process are read. */
export interface Look {
  /** Whether to note a socket. */
  readonly matters: (inode: number) => boolean;
  /** Whether a socket is assumed to be where it was when a descriptor of that number is still there. */
  readonly trusts: (inode: number) => boolean;
  /** Whether descriptors are read that were not known to be sockets. */
  readonly seeks: boolean;
}

/** The sockets that a process held when it was last read. */
export class Holdings {
  readonly pid: number;
  /** /proc/PID/stat field 22: a later process with this pid has another. */
  readonly startTime: number;
  held: readonly HeldSocket[] = [];
  /** The thread whose /proc is read: another one if the first has ended. */
  readonly #reader: number;
  #count: number | null = null;
  #sockets: ReadonlyMap<number, HeldSocket> = new Map();
  #rings: ReadonlyMap<number, readonly HeldSocket[]> = new Map();

  constructor(pid: number, startTime: number, reader = pid) {
    this.pid = pid;
    this.startTime = startTime;
    this.#reader = reader;
  }

  /**
   * Whether the number of descriptors is the same as before: if every socket held still has a row, none of them was
   * closed. A descriptor that replaced one of a shared socket goes unnoticed. False if that is unknown.
   */
  hasSameCount(descriptors: Descriptors): boolean {
    if (this.#count === null || this.#rings.size > 0) return false;
    try {
      return descriptors.count(this.#reader) === this.#count;
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return false;
    }
  }

  /**
   * Lists the descriptors and reads those that are not trusted; returns how many there are. Throws the system's error
   * when the process has gone or may not be read.
   */
  async look(descriptors: Descriptors, { matters, trusts, seeks }: Look, slice: TimeSlice): Promise<number> {
    let listed = 0;
    const sockets = new Map<number, HeldSocket>();
    const rings = new Map<number, readonly HeldSocket[]>();
    // Before the list, so that what is opened meanwhile changes the count next time.
    const count = descriptors.count(this.#reader);
    for (const fd of descriptors.list(this.#reader)) {
      listed += 1;
      const known = this.#sockets.get(fd);
      if (known !== undefined && trusts(known.inode)) {
        sockets.set(fd, known);
      } else if (seeks || known !== undefined || this.#rings.has(fd)) {
        const link = descriptors.link(this.#reader, fd);
        const inode = link === null ? null : parseSocketLink(link);
        if (inode !== null && matters(inode)) sockets.set(fd, { inode, fd });
        const registered = link === RING_LINK ? this.#registered(descriptors, fd, matters) : [];
        if (registered.length > 0) rings.set(fd, registered);
      }
      if (slice.isOver()) await slice.rest();
    }
    this.#count = count;
    this.#sockets = sockets;
    this.#rings = rings;
    this.held = [...sockets.values(), ...[...rings.values()].flat()];
    return listed;
  }

  /** A ring that is locked at this moment keeps what it had. */
  #registered(descriptors: Descriptors, fd: number, matters: (inode: number) => boolean): readonly HeldSocket[] {
    const info = descriptors.info(this.#reader, fd);
    if (info === null) return [];
    const inodes = parseRegisteredSockets(info);
    if (inodes === null) return this.#rings.get(fd) ?? [];
    return inodes.filter((inode) => matters(inode)).map((inode) => ({ inode, fd: null }));
  }
}
