import { Peers } from "./peers.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import type { Socket } from "../../model/sockets/socket.ts";
import type { LeakedDescriptor } from "../../model/sockets/leaked-descriptors.ts";

/** The sockets of a process in CLOSE_WAIT that it accepted or opened but did not close. */
export class Leak {
  readonly pid: number | null;
  /** Sockets in CLOSE_WAIT, and descriptors whose sockets were reset there. */
  held = 0;
  /** Those past the threshold. */
  stuck = 0;
  leakedDescriptors = 0;
  /** Stuck sockets with unread data or EOF, and those read to EOF. */
  unread = 0;
  readToEnd = 0;
  /** Connections that the process opened, and those that it accepted. */
  opened = 0;
  accepted = 0;
  oldest: Nanos = Infinity;
  oldestIsExact = true;
  netns: number | null = null;
  /** Peers of opened connections, peers of accepted ones, and the endpoints that accepted them. */
  readonly destinations = new Peers();
  readonly clients = new Peers();
  readonly listeners = new Peers();

  constructor(pid: number | null) {
    this.pid = pid;
  }

  /** `leaked`: the socket was reset and only its descriptor is left. */
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
