import { formatEndpoint } from "../net/address.ts";
import type { Nanos } from "../net/nanos.ts";
import { TCP } from "../net/tcp-state.ts";
import { PeerCount } from "./peer-count.ts";
import type { AcceptQueue, SocketCounts } from "./snapshot.ts";
import { isUnaccepted } from "../sockets/holding.ts";
import type { StateCounts } from "../sockets/plain-count.ts";
import type { Socket } from "../sockets/socket.ts";
import type { LeakedDescriptor } from "../sockets/leaked-descriptors.ts";

/** Counts one process's sockets. */
export class Tally {
  #established = 0;
  #closeWait = 0;
  #stuck = 0;
  #notAccepted = 0;
  #leakedDescriptors = 0;
  #unread = 0;
  #endUnread = 0;
  #readToEnd = 0;
  #queued = 0;
  #queue: AcceptQueue | null = null;
  #listen = 0;
  #other = 0;
  /** In CLOSE_WAIT and in the accept queue. */
  #waiting = 0;
  readonly #leaks = new Group();
  readonly #waiters = new Group();

  /** `isStuck` and `leaked` come from `forEachCloseWait`. */
  add(socket: Socket, isStuck: boolean, leaked: LeakedDescriptor | null): void {
    if (leaked !== null) return this.#addLeaked(leaked, isStuck);
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

  /** Adds counts by state of sockets that are not in CLOSE_WAIT, not listening and not waiting to be accepted. */
  addPlain(counts: StateCounts): void {
    const established = counts[TCP.ESTABLISHED] ?? 0;
    this.#established += established;
    for (const count of counts) this.#other += count;
    this.#other -= established;
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

  #addLeaked(leaked: LeakedDescriptor, isStuck: boolean): void {
    if (!isStuck) return;
    this.#stuck++;
    this.#leakedDescriptors++;
    this.#leaks.add(leaked.socket, leaked);
  }

  /** Age and peer describe accepted sockets, if there are any. */
  counts(now: Nanos): SocketCounts {
    const { oldest, commonestPeer } = this.#leaks.oldest === null ? this.#waiters : this.#leaks;
    return {
      established: this.#established,
      closeWait: this.#closeWait,
      stuck: this.#stuck,
      notAccepted: this.#notAccepted,
      waiting: this.#waiting,
      leakedDescriptors: this.#leakedDescriptors,
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

/** The oldest of some sockets, and their peers. */
class Group {
  oldest: Age | null = null;
  readonly #endpoints = new PeerCount();
  readonly #hosts = new PeerCount();

  add(socket: Socket, age: Age): void {
    if (this.oldest === null || age.since < this.oldest.since) this.oldest = age;
    const { remoteAddress, remotePort, role } = socket;
    this.#hosts.add(remoteAddress, null);
    // A server's peers use ephemeral ports, so the port would split one peer into many.
    this.#endpoints.add(remoteAddress, role === "server" ? null : remotePort);
  }

  /** With its port, unless every socket has a different one, as if the role is unknown. */
  get commonestPeer(): SocketCounts["closeWaitPeer"] {
    const endpoint = this.#endpoints.commonest();
    return endpoint !== null && endpoint.count > 1 ? endpoint : (this.#hosts.commonest(1) ?? endpoint);
  }
}

/** The queue of a listener, as the last survey saw it. */
export function acceptQueueOf(listener: Socket): AcceptQueue {
  const { netns, localAddress, localPort, receiveQueue, backlog } = listener;
  return { netns, endpoint: formatEndpoint(localAddress, localPort), length: receiveQueue ?? 0, backlog };
}
