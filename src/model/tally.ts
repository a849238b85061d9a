import { formatAddress, formatEndpoint } from "./address.ts";
import type { Nanos } from "./event.ts";
import { isUnaccepted } from "./holding.ts";
import type { AcceptQueue, SocketCounts } from "./snapshot.ts";
import type { Socket } from "./socket.ts";
import type { Vanished } from "./tables.ts";
import { TCP } from "./tcp-state.ts";

/** Counts one process's sockets. */
export class Tally {
  #established = 0;
  #closeWait = 0;
  #stuck = 0;
  #notAccepted = 0;
  #vanished = 0;
  #unread = 0;
  #endUnread = 0;
  #readToEnd = 0;
  #queued = 0;
  #queue: AcceptQueue | null = null;
  #listen = 0;
  #other = 0;
  #oldest: Pick<Socket, "since" | "sinceIsExact"> | null = null;
  readonly #peers = new Map<string, number>();
  readonly #hosts = new Map<string, number>();

  /** `isStuck` as stuck.ts has it. */
  add(socket: Socket, isStuck: boolean): void {
    const waits = isUnaccepted(socket);
    if (waits) this.#queued++;
    if (socket.state === TCP.ESTABLISHED) this.#established++;
    else if (socket.state === TCP.LISTEN) this.#addListener(socket);
    else if (socket.state !== TCP.CLOSE_WAIT) this.#other++;
    else {
      this.#closeWait++;
      this.#age(socket, socket);
      if (isStuck) this.#addStuck(socket, waits);
    }
  }

  #addListener(socket: Socket): void {
    this.#listen++;
    const queue = acceptQueueOf(socket);
    if (queue.length > (this.#queue?.length ?? 0)) this.#queue = queue;
  }

  #addStuck({ receiveQueue }: Socket, waits: boolean): void {
    this.#stuck++;
    if (waits) this.#notAccepted++;
    else if (receiveQueue === 0) this.#readToEnd++;
    else if (receiveQueue === 1) this.#endUnread++;
    else if (receiveQueue !== null && receiveQueue > 1) this.#unread++;
  }

  /** A leaked descriptor without a socket, past the threshold. */
  addVanished(vanished: Vanished): void {
    this.#stuck++;
    this.#vanished++;
    this.#age(vanished.socket, vanished);
  }

  #age(socket: Socket, age: Pick<Socket, "since" | "sinceIsExact">): void {
    if (this.#oldest === null || age.since < this.#oldest.since) this.#oldest = age;
    const address = formatAddress(socket.remoteAddress);
    increment(this.#hosts, address);
    // A server's peers differ in their ephemeral ports only.
    increment(
      this.#peers,
      socket.role === "server" ? address : formatEndpoint(socket.remoteAddress, socket.remotePort),
    );
  }

  /** With its port, unless each has another, as when it is not known who connected. */
  #commonestPeer(): SocketCounts["closeWaitPeer"] {
    const peer = commonest(this.#peers);
    return peer !== null && peer.count > 1 ? peer : (commonest(this.#hosts, 1) ?? peer);
  }

  counts(now: Nanos): SocketCounts {
    return {
      established: this.#established,
      closeWait: this.#closeWait,
      stuck: this.#stuck,
      notAccepted: this.#notAccepted,
      vanished: this.#vanished,
      unread: this.#unread,
      endUnread: this.#endUnread,
      readToEnd: this.#readToEnd,
      queued: this.#queued,
      acceptQueue: this.#queue,
      listen: this.#listen,
      other: this.#other,
      oldestCloseWaitMs: this.#oldest === null ? null : (now - this.#oldest.since) / 1e6,
      oldestIsAtLeast: this.#oldest !== null && !this.#oldest.sinceIsExact,
      closeWaitPeer: this.#commonestPeer(),
    };
  }
}

/** The queue of a listener, as the last survey saw it. */
export function acceptQueueOf(listener: Socket): AcceptQueue {
  const { netns, localAddress, localPort, receiveQueue, backlog } = listener;
  return { netns, endpoint: formatEndpoint(localAddress, localPort), length: receiveQueue ?? 0, backlog };
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** The key with the highest count above `least`; null when there is none. */
function commonest(counts: ReadonlyMap<string, number>, least = 0): { endpoint: string; count: number } | null {
  let best: { endpoint: string; count: number } | null = null;
  for (const [endpoint, count] of counts) if (count > (best?.count ?? least)) best = { endpoint, count };
  return best;
}
