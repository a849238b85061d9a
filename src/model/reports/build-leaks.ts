import { SeededMap } from "../../base/seeded-map.ts";
import type { Filter } from "../filter/filter.ts";
import type { Tables } from "../fold/tables.ts";
import type { Nanos } from "../net/nanos.ts";
import { TCP } from "../net/tcp-state.ts";
import type { Holder } from "../processes/holder.ts";
import type { Process } from "../processes/process.ts";
import type { LeakReport, LeakingProcess, StuckSocket, UnownedReason, UnownedSocket } from "./leak-report.ts";
import { byBlame, processRow } from "./process-row.ts";
import { Tally, acceptQueueOf } from "./tally.ts";
import { holdersOf, isUnaccepted, listenerOf } from "../sockets/holding.ts";
import type { Socket } from "../sockets/socket.ts";
import { type Moment, isStuck } from "../sockets/stuck.ts";
import { socketSubject } from "../sockets/subject.ts";
import type { LeakedDescriptor } from "../sockets/leaked-descriptors.ts";

export interface LeakOptions {
  readonly stuckAfterMs: number;
  readonly filter: Filter;
}

/**
 * Draws up who holds sockets that are stuck in CLOSE_WAIT, from all tables, at the time of the last event. A socket with several holders
 * stands under each of them that the filter takes.
 */
export function buildLeaks(tables: Tables, options: LeakOptions): LeakReport {
  const cases = new Cases(tables, options);
  for (const socket of tables.sockets) if (socket.state === TCP.CLOSE_WAIT) cases.addSocket(socket);
  for (const vanished of tables.leakedDescriptors) if (vanished.isConfirmed) cases.addVanished(vanished);
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

/** What one process is charged with. */
interface Case {
  readonly process: Process;
  readonly tally: Tally;
  readonly sockets: StuckSocket[];
  /** Of the sockets, those that it has not accepted. */
  readonly waiting: Set<Socket>;
}

class Cases {
  readonly unowned: UnownedSocket[] = [];
  readonly #tables: Tables;
  readonly #moment: Moment;
  readonly #options: LeakOptions;
  readonly #byPid = new SeededMap<number, Case>();

  constructor(tables: Tables, options: LeakOptions) {
    this.#tables = tables;
    this.#moment = { now: tables.clock.now, detailsAt: tables.surveys.detailsAt };
    this.#options = options;
  }

  addSocket(socket: Socket): void {
    const { sockets } = this.#tables;
    const { now } = this.#moment;
    const holders = holdersOf(socket, sockets);
    const pids = holders.map(({ pid }) => pid);
    const stuck = isStuck(socket, this.#moment, this.#options.stuckAfterMs * 1e6);
    if (stuck && holders.length === 0 && this.#takes(socket, null, socket.since)) {
      this.unowned.push(unownedSocket(socket, this.#tables));
    }
    for (const holder of holders) {
      const found = this.#caseOf(socket, holder, socket.since);
      if (found === null) continue;
      found.tally.add(socket, stuck);
      if (!stuck) continue;
      found.sockets.push(stuckSocket(socket, holder, pids, now));
      if (isUnaccepted(socket)) found.waiting.add(socket);
    }
  }

  addVanished(vanished: LeakedDescriptor): void {
    const { socket, since, sinceIsExact } = vanished;
    const { now } = this.#moment;
    if (now - since < this.#options.stuckAfterMs * 1e6) return;
    const age = { ageMs: (now - since) / 1e6, ageIsAtLeast: !sinceIsExact };
    const pids = socket.holders.map(({ pid }) => pid);
    for (const holder of socket.holders) {
      const stuck = stuckSocket(socket, holder, pids, now);
      const gone = { ...stuck, ...age, state: TCP.CLOSE, accepted: true, receiveQueue: null } as const;
      const found = this.#caseOf(socket, holder, since);
      found?.sockets.push(gone);
      found?.tally.addVanished(vanished);
    }
  }

  processes(): LeakingProcess[] {
    const guilty = [...this.#byPid.values()].filter(({ sockets }) => sockets.length > 0);
    return guilty.map((found) => leakingProcess(found, this.#tables));
  }

  /** Null when the filter does not take it. */
  #caseOf(socket: Socket, { pid }: Holder, since: Nanos): Case | null {
    const process = this.#tables.processes.at(pid);
    if (process === undefined || !this.#takes(socket, process, since)) return null;
    let found = this.#byPid.get(pid);
    if (found === undefined) {
      found = { process, tally: new Tally(), sockets: [], waiting: new Set() };
      this.#byPid.set(pid, found);
    }
    return found;
  }

  #takes(socket: Socket, process: Process | null, since: Nanos): boolean {
    const { filter } = this.#options;
    return filter.isEmpty || filter.matches(socketSubject(socket, process, this.#moment.now - since));
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
