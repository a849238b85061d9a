import { Peers } from "./peers.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import type { Socket } from "../../model/sockets/socket.ts";
import type { LeakedDescriptor } from "../../model/sockets/leaked-descriptors.ts";

/** The sockets in CLOSE_WAIT that one process has accepted or opened, and has not closed. */
export class Leak {
  readonly pid: number | null;
  /** All in CLOSE_WAIT, and descriptors whose sockets have been reset there. */
  held = 0;
  /** Of these: past the threshold. */
  stuck = 0;
  leakedDescriptors = 0;
  /** Of the stuck ones: with data or an end that was never read, and read to the end. */
  unread = 0;
  readToEnd = 0;
  /** Of all: on connections that it has opened, and on such that it has accepted. */
  opened = 0;
  accepted = 0;
  oldest: Nanos = Infinity;
  oldestIsExact = true;
  netns: number | null = null;
  /** Whom the connections it opened go to, and who opened those that it accepted, and where it accepted them. */
  readonly destinations = new Peers();
  readonly clients = new Peers();
  readonly listeners = new Peers();

  constructor(pid: number | null) {
    this.pid = pid;
  }

  /** `leaked`: the socket was reset, and only its descriptor is left; it is given when it is stuck. */
  add(socket: Socket, isStuck: boolean, leaked: LeakedDescriptor | null): void {
    this.#count(socket, leaked ?? socket);
    if (!isStuck) return;
    this.stuck++;
    if (leaked !== null) this.leakedDescriptors++;
    else if (socket.receiveQueue === 0) this.readToEnd++;
    else if (socket.receiveQueue !== null) this.unread++;
  }

  #count(socket: Socket, { since, sinceIsExact }: Pick<Socket, "since" | "sinceIsExact">): void {
    this.held++;
    this.netns ??= socket.netns;
    if (since < this.oldest) {
      this.oldest = since;
      this.oldestIsExact = sinceIsExact;
    }
    if (socket.role === "server") {
      this.accepted++;
      this.clients.add(socket.remoteAddress, 0);
      this.listeners.add(socket.localAddress, socket.localPort);
    } else {
      this.opened++;
      this.destinations.add(socket.remoteAddress, socket.remotePort);
    }
  }
}
