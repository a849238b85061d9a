import type { Filter } from "../filter/filter.ts";
import type { Nanos } from "../net/nanos.ts";
import type { SocketWorld } from "./socket-world.ts";
import type { Socket } from "../sockets/socket.ts";
import { socketSubject } from "../sockets/subject.ts";

/** Applies a filter to each pair of a socket and one of its holders. */
export class HeldFilter {
  readonly #filter: Filter;
  readonly #world: Pick<SocketWorld, "now" | "process">;

  constructor(filter: Filter, world: Pick<SocketWorld, "now" | "process">) {
    this.#filter = filter;
    this.#world = world;
  }

  get isEmpty(): boolean {
    return this.#filter.isEmpty;
  }

  /** Whether the filter matches the socket with this holder; null: holder unknown. `age` gives the start of its age. */
  takes(socket: Socket, pid: number | null, age: { readonly since: Nanos } = socket): boolean {
    if (this.#filter.isEmpty) return true;
    const process = pid === null ? null : this.#world.process(pid);
    return this.#filter.matches(socketSubject(socket, process, this.#world.now - age.since));
  }
}
