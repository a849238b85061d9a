import { SeededMap } from "../../base/seeded-map.ts";
import type { Filter } from "../filter/filter.ts";
import type { Tables } from "../fold/tables.ts";
import type { Nanos } from "../net/nanos.ts";
import { TCP } from "../net/tcp-state.ts";
import type { Holder } from "../processes/holder.ts";
import type { Process } from "../processes/process.ts";
import { HeldFilter } from "./held-filter.ts";
import type { LeakReport, LeakingProcess, StuckSocket, UnownedReason, UnownedSocket } from "./leak-report.ts";
import { byBlame, processRow } from "./process-row.ts";
import { type SocketWorld, liveWorld } from "./socket-world.ts";
import { Tally, acceptQueueOf } from "./tally.ts";
import { forEachCloseWait } from "../sockets/close-wait.ts";
import { isUnaccepted, listenerOf } from "../sockets/holding.ts";
import type { Socket } from "../sockets/socket.ts";
import type { LeakedDescriptor } from "../sockets/leaked-descriptors.ts";

export interface LeakOptions {
  readonly stuckAfterMs: number;
  readonly filter: Filter;
}

/**
 * Builds the report of which processes hold sockets stuck in CLOSE_WAIT, at the time of the last event. A socket with
 * several holders is listed under each of them that the filter matches.
 */
export function buildLeaks(tables: Tables, options: LeakOptions): LeakReport {
  const world = liveWorld(tables);
  const cases = new Cases(tables, world, options.filter);
  forEachCloseWait(world, options.stuckAfterMs * 1e6, (socket, _holder, isStuck, leaked) => {
    if (leaked === null) cases.addSocket(socket, isStuck);
    else if (isStuck) cases.addDescriptor(leaked);
  });
  const { clock, source, counts, surveys } = tables;
  return {
    wallMs: clock.wallMs(clock.now),
    source: source.name,
    stuckAfterMs: options.stuckAfterMs,
    lost: counts.lost,
    complete: surveys.isComplete,
    unreadable: surveys.unreadable,
    processes: cases.processes().toSorted(byBlame),
    unowned: cases.unowned.toSorted(byAge),
  };
}

/** The stuck sockets of one process. */
interface Case {
  readonly process: Process;
  readonly tally: Tally;
  readonly sockets: StuckSocket[];
  /** The sockets that it has not accepted. */
  readonly waiting: Set<Socket>;
}

class Cases {
  readonly unowned: UnownedSocket[] = [];
  readonly #tables: Tables;
  readonly #world: SocketWorld;
  readonly #filter: HeldFilter;
  readonly #byPid = new SeededMap<number, Case>();

  constructor(tables: Tables, world: SocketWorld, filter: Filter) {
    this.#tables = tables;
    this.#world = world;
    this.#filter = new HeldFilter(filter, world);
  }

  addSocket(socket: Socket, stuck: boolean): void {
    const { now } = this.#world;
    const holders = this.#world.holders(socket);
    const pids = holders.map(({ pid }) => pid);
    if (stuck && holders.length === 0 && this.#filter.takes(socket, null)) {
      this.unowned.push(unownedSocket(socket, this.#tables));
    }
    for (const holder of holders) {
      const found = this.#caseOf(socket, holder, socket);
      if (found === null) continue;
      found.tally.add(socket, stuck, null);
      if (!stuck) continue;
      found.sockets.push(stuckSocket(socket, holder, pids, now));
      if (isUnaccepted(socket)) found.waiting.add(socket);
    }
  }

  addDescriptor(leaked: LeakedDescriptor): void {
    const { socket, since, sinceIsExact } = leaked;
    const { now } = this.#world;
    const holders = this.#world.holders(socket);
    const age = { ageMs: (now - since) / 1e6, ageIsAtLeast: !sinceIsExact };
    const pids = holders.map(({ pid }) => pid);
    for (const holder of holders) {
      const stuck = stuckSocket(socket, holder, pids, now);
      const gone = { ...stuck, ...age, state: TCP.CLOSE, accepted: true, receiveQueue: null } as const;
      const found = this.#caseOf(socket, holder, leaked);
      found?.sockets.push(gone);
      found?.tally.add(socket, true, leaked);
    }
  }

  processes(): LeakingProcess[] {
    const leaking = [...this.#byPid.values()].filter(({ sockets }) => sockets.length > 0);
    return leaking.map((found) => leakingProcess(found, this.#tables));
  }

  /** Null if the filter does not match the socket with this holder. */
  #caseOf(socket: Socket, { pid }: Holder, age: { readonly since: Nanos }): Case | null {
    const process = this.#world.process(pid);
    if (process === null || !this.#filter.takes(socket, pid, age)) return null;
    let found = this.#byPid.get(pid);
    if (found === undefined) {
      found = { process, tally: new Tally(), sockets: [], waiting: new Set() };
      this.#byPid.set(pid, found);
    }
    return found;
  }
}

function leakingProcess({ process, tally, sockets, waiting }: Case, tables: Tables): LeakingProcess {
  const listeners = new Set([...waiting].map((socket) => listenerOf(socket, tables.sockets)));
  const queues = [...listeners].filter((listener) => listener !== null).map(acceptQueueOf);
  const acceptQueues = queues.toSorted((a, b) => b.length - a.length);
  const row = { ...processRow(process, tally, tables.clock.now), acceptQueue: acceptQueues[0] ?? null };
  return { ...row, sockets: sockets.toSorted(byAge), acceptQueues };
}

function stuckSocket(socket: Socket, holder: Holder | null, holders: readonly number[], now: Nanos): StuckSocket {
  const { id, netns, localAddress, localPort, remoteAddress, remotePort, receiveQueue, role, owner } = socket;
  const isOwner = holder === null || owner.pid === holder.pid;
  return {
    id,
    netns,
    localAddress,
    localPort,
    remoteAddress,
    remotePort,
    receiveQueue,
    role,
    state: TCP.CLOSE_WAIT,
    ageMs: (now - socket.since) / 1e6,
    ageIsAtLeast: !socket.sinceIsExact,
    accepted: !isUnaccepted(socket),
    fd: holder?.fd ?? null,
    owner: isOwner ? owner.evidence : isUnaccepted(socket) ? "listener" : "inode",
    holders,
  };
}

function unownedSocket(socket: Socket, tables: Tables): UnownedSocket {
  return { ...stuckSocket(socket, null, [], tables.clock.now), reason: reasonOf(socket, tables) };
}

function reasonOf(socket: Socket, { sockets, surveys }: Tables): UnownedReason {
  if (isUnaccepted(socket)) {
    const listeners = sockets.listeners.accepting(socket);
    if (listeners.length === 0) return "no-listener";
    if (listeners.length > 1 && listeners.every(isHeld)) return "shared-port";
  }
  return surveys.isComplete ? "no-holder" : "unreadable";
}

function isHeld({ holders, owner }: Socket): boolean {
  return holders.length > 0 || owner.pid !== null;
}

function byAge(a: StuckSocket, b: StuckSocket): number {
  return b.ageMs - a.ageMs || a.id - b.id;
}
