import { Peers } from "./peers.ts";
import type { Tables } from "../../model/fold/tables.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import { listenerOf } from "../../model/sockets/holding.ts";
import type { Socket } from "../../model/sockets/socket.ts";

/** A listener and its queues. */
export class Queue {
  readonly listener: Socket;
  /** Connections not accepted at the last survey, and since when the oldest has been waiting. */
  waiting = 0;
  oldest: Nanos = Infinity;
  oldestIsExact = false;
  /** Handshakes without their final ACK (SYN_RECV). */
  halfOpen = 0;
  readonly halfOpenPeers = new Peers();

  constructor(listener: Socket) {
    this.listener = listener;
  }
}

/** Listeners and their queues. */
export class Queues {
  readonly #tables: Tables;
  readonly #byListener = new Map<Socket, Queue>();
  readonly #byEnds = new Map<string, Queue | null>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  [Symbol.iterator](): IterableIterator<Queue> {
    return this.#byListener.values();
  }

  addListener(listener: Socket): void {
    this.#of(listener);
  }

  addWaiting(socket: Socket): void {
    // Without a later survey, it may have been accepted unseen.
    if (socket.surveyed !== this.#tables.surveys.count || (this.#tables.surveys.polledAt ?? 0) < socket.since) return;
    const queue = this.#find(socket);
    if (queue === null) return;
    queue.waiting++;
    if (socket.since >= queue.oldest) return;
    queue.oldest = socket.since;
    queue.oldestIsExact = socket.sinceIsExact;
  }

  addHalfOpen(socket: Socket): void {
    if (socket.surveyed !== this.#tables.surveys.count) return;
    const queue = this.#find(socket);
    if (queue === null) return;
    queue.halfOpen++;
    queue.halfOpenPeers.add(socket.remoteAddress, 0);
  }

  #of(listener: Socket): Queue {
    let queue = this.#byListener.get(listener);
    if (queue === undefined) this.#byListener.set(listener, (queue = new Queue(listener)));
    return queue;
  }

  /** Connections to the same address and port wait for the same listener. */
  #find(socket: Socket): Queue | null {
    const key = `${socket.netns}|${socket.localAddress}|${socket.localPort}`;
    let queue = this.#byEnds.get(key);
    if (queue === undefined) {
      const listener = listenerOf(socket, this.#tables.sockets);
      this.#byEnds.set(key, (queue = listener === null ? null : this.#of(listener)));
    }
    return queue;
  }
}
