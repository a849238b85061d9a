import type { Nanos } from "../net/nanos.ts";
import type { TcpState } from "../net/tcp-state.ts";
import type { Socket } from "../sockets/socket.ts";

/** What a survey said of a socket; `until` is when it had been read. CLOSE stands for a row that is gone. */
export interface Doubt {
  readonly state: TcpState;
  readonly until: Nanos;
}

/** Traced sockets that the last survey showed in another state, until it is clear whether an event explains it. */
export class Doubts {
  readonly #bySocket = new Map<Socket, Doubt>();

  raise(socket: Socket, doubt: Doubt): void {
    this.#bySocket.set(socket, doubt);
  }

  drop(socket: Socket): void {
    // Mostly there are none, and each transition asks.
    if (this.#bySocket.size > 0) this.#bySocket.delete(socket);
  }

  /** Drops and gives those that no event can explain any more, once everything up to the watermark has arrived. */
  *settled(watermark: Nanos): IterableIterator<[Socket, Doubt]> {
    for (const entry of this.#bySocket) {
      const [socket, { until }] = entry;
      if (until > watermark) continue;
      this.#bySocket.delete(socket);
      yield entry;
    }
  }
}
