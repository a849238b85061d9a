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
  /** In CLOSE_WAIT, in the accept queue. */
  #waiting = 0;
  readonly #leaks = new Group();
  readonly #waiters = new Group();

  /** `isStuck` as stuck.ts has it. */
  add(socket: Socket, isStuck: boolean): void {
    const waits = isUnaccepted(socket);
    if (waits) this.#queued++;
    if (socket.state === TCP.ESTABLISHED) this.#established++;
    else if (socket.state === TCP.LISTEN) this.#addListener(socket);
    else if (socket.state !== TCP.CLOSE_WAIT) this.#other++;
    else {
      this.#closeWait++;
      if (waits) this.#waiting++;
      (waits ? this.#waiters : this.#leaks).add(socket, socket);
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
    this.#leaks.add(vanished.socket, vanished);
  }

  /** Age and peer are of what has been accepted, where there is such. */
  counts(now: Nanos): SocketCounts {
    const { oldest, commonestPeer } = this.#leaks.oldest === null ? this.#waiters : this.#leaks;
    return {
      established: this.#established,
      closeWait: this.#closeWait,
      stuck: this.#stuck,
      notAccepted: this.#notAccepted,
      waiting: this.#waiting,
      vanished: this.#vanished,
      unread: this.#unread,
      endUnread: this.#endUnread,
      readToEnd: this.#readToEnd,
      queued: this.#queued,
      acceptQueue: this.#queue,
      listen: this.#listen,
      other: this.#other,
      oldestCloseWaitMs: oldest === null ? null : (now - oldest.since) / 1e6,
      oldestIsAtLeast: oldest !== null && !oldest.sinceIsExact,
      closeWaitPeer: commonestPeer,
    };
  }
}

type Age = Pick<Socket, "since" | "sinceIsExact">;

/** Sockets of a kind: the oldest, and their peers. */
class Group {
  oldest: Age | null = null;
  readonly #endpoints = new Map<string, number>();
  readonly #hosts = new Map<string, number>();

  add(socket: Socket, age: Age): void {
    if (this.oldest === null || age.since < this.oldest.since) this.oldest = age;
    const address = formatAddress(socket.remoteAddress);
    increment(this.#hosts, address);
    // A server's peers differ in their ephemeral ports only.
    const endpoint = socket.role === "server" ? address : formatEndpoint(socket.remoteAddress, socket.remotePort);
    increment(this.#endpoints, endpoint);
  }

  /** With its port, unless each has another, as when it is not known who connected. */
  get commonestPeer(): SocketCounts["closeWaitPeer"] {
    const endpoint = commonest(this.#endpoints);
    return endpoint !== null && endpoint.count > 1 ? endpoint : (commonest(this.#hosts, 1) ?? endpoint);
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
