import type { Nanos } from "../net/nanos.ts";
import type { TcpState } from "../net/tcp-state.ts";
import type { Socket } from "../sockets/socket.ts";

/** The state in which a survey showed a socket, and when the survey ended. CLOSE: it did not show the socket. */
export interface Doubt {
  readonly state: TcpState;
  readonly until: Nanos;
}

/** Traced sockets that the last survey showed in another state, kept until all events that might explain it are in. */
export class Doubts {
  readonly #bySocket = new Map<Socket, Doubt>();

  raise(socket: Socket, doubt: Doubt): void {
    this.#bySocket.set(socket, doubt);
  }

  drop(socket: Socket): void {
    // Fast path: this runs for each transition, and there are rarely any doubts.
    if (this.#bySocket.size > 0) this.#bySocket.delete(socket);
  }

  /** Removes and yields the doubts that no event can explain any more, because the watermark has passed them. */
  *settled(watermark: Nanos): IterableIterator<[Socket, Doubt]> {
    for (const entry of this.#bySocket) {
      const [socket, { until }] = entry;
      if (until > watermark) continue;
      this.#bySocket.delete(socket);
      yield entry;
    }
  }
}
