import { SeededMap } from "../../base/seeded-map.ts";
import { formatEndpoint } from "../../model/net/address.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import { TCP, type TcpState, stateName } from "../../model/net/tcp-state.ts";
import type { Owner } from "../../model/processes/owner.ts";
import type { Socket } from "../../model/sockets/socket.ts";
import type { TransitionRow } from "../../model/sockets/transition-row.ts";

/** Where spans stand that nobody is known for. */
const NOBODY = 0;
/** A process draws at most so many sockets beside each other; the others share its last lane. */
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
 * Turns transitions into Chrome's trace events (the "Trace Event Format"), which ui.perfetto.dev and chrome://tracing open: a
 * process for each process, in it a lane for each socket that is open at a time, on the lane a span for the socket and in
 * that one for each of its states. Times are of the tracer's clock: those of the calendar have too many digits for the
 * format's numbers. Yields JSON values without commas.
 */
export class TraceEvents {
  readonly #lives = new Map<Socket, Life>();
  /** For each process, when each of its lanes is free again. */
  readonly #lanes = new SeededMap<number, Nanos[]>();
  readonly #named = new Set<number>();

  /** What a row completes: the spans of a socket that has closed. */
  *row(row: TransitionRow): Generator<string, void, void> {
    const { socket, from, to, at, inState } = row;
    let life = this.#lives.get(socket);
    const begun = inState === null ? at : at - inState;
    if (life === undefined) {
      life = { socket, begun, since: begun, state: from, spans: [], owner: row.owner, name: null };
      this.#lives.set(socket, life);
    }
    // A socket has no life in CLOSE, nor a child in its listener's LISTEN.
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

  /** The sockets that are still open at the end. */
  *end(now: Nanos): Generator<string, void, void> {
    for (const life of this.#lives.values()) {
      life.spans.push({ state: life.state, from: life.since, to: now, cause: null });
      yield* this.#draw(life, now);
    }
    this.#lives.clear();
  }

  /** Events that could not be traced, as a mark across all. */
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

  /** The first lane that nothing stands on from `begun` on. */
  #lane(pid: number, begun: Nanos, until: Nanos): number {
    let lanes = this.#lanes.get(pid);
    if (lanes === undefined) this.#lanes.set(pid, (lanes = []));
    let lane = lanes.findIndex((free) => free <= begun);
    if (lane < 0) lane = Math.min(lanes.length, MOST_LANES - 1);
    lanes[lane] = until;
    return lane + 1;
  }
}

/** Microseconds, as the format has them. */
function micros(at: Nanos): number {
  return Math.max(0, at) / 1e3;
}

function endpoint(socket: Socket, side: "local" | "remote"): string {
  const port = side === "local" ? socket.localPort : socket.remotePort;
  const address = side === "local" ? socket.localAddress : socket.remoteAddress;
  return port === 0 ? "?" : formatEndpoint(address, port);
}
