import { readlinkSync } from "node:fs";
import { type Server, type Socket, connect, createServer } from "node:net";
import { debug } from "../../base/debug.ts";
import { errorCode } from "../../host/machine/errno.ts";
import type { Accept, Transition } from "../../model/events/event.ts";
import { TCP } from "../../model/net/tcp-state.ts";

const RETRY_MS = 20;
const LOOPBACK = 0x7f000001;
/** The end of the listener is the last event; if that is lost, the port is forgotten after this time. */
const LAST_EVENT_MS = 2000;

/**
 * Loopback connections of tcptrace's own, one after another until the tracer reports one: then it is attached. Their
 * events are recognised and left out of all views.
 */
export class OwnConnection {
  readonly #server: Server;
  readonly #addresses = new Set<number>();
  readonly #netns = Number(/\d+/.exec(readlinkSync("/proc/self/ns/net"))?.[0]);
  #port = 0;
  #timer: NodeJS.Timeout | null = null;
  #seen: () => void = () => {};
  /** Resolves when the first event of an own connection has come through the tracer. */
  readonly seen: Promise<void>;
  #isClosed = false;

  constructor() {
    this.seen = new Promise((resolve) => (this.#seen = resolve));
    // A reset leaves no TIME_WAIT behind.
    this.#server = createServer((socket) => reset(socket));
    this.#server.on("error", noteError);
    this.#server.listen(0, "127.0.0.1", () => {
      const address = this.#server.address();
      if (address === null || typeof address === "string") return;
      this.#port = address.port;
      this.#connect();
    });
    this.#server.unref();
  }

  /** Whether events of these connections are still to come. */
  get isExpected(): boolean {
    return this.#port !== 0 || this.#addresses.size > 0;
  }

  /** Whether the event is of one of these connections. The first one resolves `seen`. */
  owns(event: Transition | Accept): boolean {
    const isEnd = event.kind === "transition" && event.to === TCP.CLOSE;
    // Another socket begins at this address, so the end of ours was lost.
    if (isBirth(event) && !this.#isAtOwnPort(event)) this.#addresses.delete(event.address);
    if (this.#addresses.has(event.address)) {
      if (isEnd) this.#addresses.delete(event.address);
      return true;
    }
    if (event.kind === "accept" || !this.#isAtOwnPort(event)) return false;
    if (!isEnd) this.#addresses.add(event.address);
    else if (event.from === TCP.LISTEN) this.#port = 0;
    this.#seen();
    return true;
  }

  /** Stops connecting. Events still under way are recognised as before. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#server.close();
    setTimeout(() => (this.#port = 0), LAST_EVENT_MS).unref();
  }

  #isAtOwnPort({ localPort, remotePort, localAddress, remoteAddress, netns }: Transition): boolean {
    if (this.#port === 0 || (netns !== null && netns !== this.#netns)) return false;
    if (localPort !== this.#port && remotePort !== this.#port) return false;
    return localAddress === LOOPBACK && (remoteAddress === LOOPBACK || remoteAddress === 0);
  }

  #connect(): void {
    const socket = connect(this.#port, "127.0.0.1", () => reset(socket));
    socket.on("error", noteError);
    socket.on("close", () => {
      if (!this.#isClosed) this.#timer = setTimeout(() => this.#connect(), RETRY_MS);
    });
  }
}

function isBirth(event: Transition | Accept): event is Transition {
  if (event.kind === "accept") return false;
  return (event.from === TCP.CLOSE || event.from === TCP.LISTEN) && event.to !== TCP.CLOSE;
}

function reset(socket: Socket): void {
  socket.on("error", noteError);
  socket.resetAndDestroy();
}

/** Without this connection tcptrace never learns that bpftrace is attached. */
function noteError(error: Error): void {
  // Each of them ends in a reset.
  if (errorCode(error) !== "ECONNRESET") debug("tcptrace's own connection", error);
}
