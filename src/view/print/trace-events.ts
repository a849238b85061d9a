import { SeededMap } from "../../base/seeded-map.ts";
import { formatEndpoint } from "../../model/net/address.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import { TCP, type TcpState, stateName } from "../../model/net/tcp-state.ts";
import type { Owner } from "../../model/processes/owner.ts";
import type { Socket } from "../../model/sockets/socket.ts";
import type { TransitionRow } from "../../model/sockets/transition-row.ts";

/** The pid of spans whose owner is unknown. */
const NOBODY = 0;
/** The most lanes of a process; further sockets share the last one. */
const MOST_LANES = 10_000;

interface Life {
  readonly socket: Socket;
  readonly begun: Nanos;
  since: Nanos;
  state: TcpState;
  readonly spans: {
    readonly state: TcpState;
    readonly from: Nanos;
    readonly to: Nanos;
    readonly cause: string | null;
  }[];
  owner: Owner;
  name: string | null;
}

/**
 * Converts transitions into Chrome's trace events (the "Trace Event Format"), for ui.perfetto.dev and chrome://tracing.
 * Each process has a lane for each socket open at the same time; on it lies a span for the socket, and in that a span
 * for each state. Times are on the tracer's clock, since wall-clock times have too many digits for the format's
 * numbers. Yields JSON values without commas.
 */
export class TraceEvents {
  readonly #lives = new Map<Socket, Life>();
  /** For each process, the time from which each of its lanes is free. */
  readonly #lanes = new SeededMap<number, Nanos[]>();
  readonly #named = new Set<number>();

  /** Yields the spans of a socket once it has closed. */
  *row(row: TransitionRow): Generator<string, void, void> {
    const { socket, from, to, at, inState } = row;
    let life = this.#lives.get(socket);
    const begun = inState === null ? at : at - inState;
    if (life === undefined) {
      life = { socket, begun, since: begun, state: from, spans: [], owner: row.owner, name: null };
      this.#lives.set(socket, life);
    }
    // A socket starts in CLOSE, and an accepted one in its listener's LISTEN: neither gets a span.
    const isBirth = life.spans.length === 0 && (from === TCP.CLOSE || from === TCP.LISTEN) && to !== TCP.CLOSE;
    if (!isBirth && at > life.since) life.spans.push({ state: from, from: life.since, to: at, cause: row.cause });
    life.since = at;
    life.state = to;
    if (row.owner.pid !== null) life.owner = row.owner;
    life.name = row.process?.comm ?? life.name;
    if (to !== TCP.CLOSE) return;
    this.#lives.delete(socket);
    yield* this.#draw(life, at);
  }

  /** Yields the spans of the sockets that are still open at the end. */
  *end(now: Nanos): Generator<string, void, void> {
    for (const life of this.#lives.values()) {
      life.spans.push({ state: life.state, from: life.since, to: now, cause: null });
      yield* this.#draw(life, now);
    }
    this.#lives.clear();
  }

  /** A mark across all processes for events that were not traced. */
  mark(at: Nanos, name: string): string {
    return JSON.stringify({ name, ph: "i", s: "g", ts: micros(at), pid: NOBODY, tid: 0 });
  }

  *#draw(life: Life, until: Nanos): Generator<string, void, void> {
    const { socket, owner, begun } = life;
    const pid = owner.pid ?? NOBODY;
    if (!this.#named.has(pid)) {
      this.#named.add(pid);
      const name = pid === NOBODY ? "(unowned)" : (life.name ?? `pid ${pid}`);
      yield JSON.stringify({ name: "process_name", ph: "M", pid, tid: 0, args: { name } });
    }
    const tid = this.#lane(pid, begun, until);
    const ends = { local: endpoint(socket, "local"), remote: endpoint(socket, "remote") };
    const args = { ...ends, socket: `s${socket.id.toString(16)}`, netns: socket.netns, owner: owner.evidence };
    yield this.#span(`${ends.local} → ${ends.remote}`, pid, tid, begun, until, args);
    for (const { state, from, to, cause } of life.spans) {
      yield this.#span(stateName(state), pid, tid, from, to, cause === null ? {} : { leftBy: cause });
    }
  }

  #span(name: string, pid: number, tid: number, from: Nanos, to: Nanos, args: object): string {
    const dur = micros(Math.max(0, to - Math.max(0, from)));
    return JSON.stringify({ name, cat: "tcp", ph: "X", ts: micros(from), dur, pid, tid, args });
  }

  /** The first lane that is free from `begun` on. */
  #lane(pid: number, begun: Nanos, until: Nanos): number {
    let lanes = this.#lanes.get(pid);
    if (lanes === undefined) this.#lanes.set(pid, (lanes = []));
    let lane = lanes.findIndex((free) => free <= begun);
    if (lane < 0) lane = Math.min(lanes.length, MOST_LANES - 1);
    lanes[lane] = until;
    return lane + 1;
  }
}

/** Microseconds, the unit of the format. */
function micros(at: Nanos): number {
  return Math.max(0, at) / 1e3;
}

function endpoint(socket: Socket, side: "local" | "remote"): string {
  const port = side === "local" ? socket.localPort : socket.remotePort;
  const address = side === "local" ? socket.localAddress : socket.remoteAddress;
  return port === 0 ? "?" : formatEndpoint(address, port);
}
