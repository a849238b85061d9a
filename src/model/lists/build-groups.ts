import { SeededMap, scatter } from "../../base/seeded-map.ts";
import type { Filter } from "../filter/filter.ts";
import { type Grouping, type ProcessGrouping, destinationName, groupOfProcess, groupsOf, isOutgoing } from "./group.ts";
import type { Nanos } from "../net/nanos.ts";
import { TCP } from "../net/tcp-state.ts";
import type { Holder } from "../processes/holder.ts";
import type { Process } from "../processes/process.ts";
import { HeldFilter } from "../reports/held-filter.ts";
import type { SocketCounts } from "../reports/snapshot.ts";
import type { SocketWorld } from "../reports/socket-world.ts";
import { Tally } from "../reports/tally.ts";
import { forEachCloseWait } from "../sockets/close-wait.ts";
import { ASK, NO_HOLDER } from "../sockets/holding.ts";
import type { LeakedDescriptor } from "../sockets/leaked-descriptors.ts";
import { type StateCounts, countPlain } from "../sockets/plain-count.ts";
import { type Socket, hasFile } from "../sockets/socket.ts";

/** A group of sockets. Each socket counts once, even if several of the group's processes hold it. */
export interface GroupRow extends SocketCounts {
  readonly name: string;
  /** Number of processes that hold them. */
  readonly processes: number;
  /** Sums over the group's processes; null for groups by destination or listener. */
  readonly transitions: number | null;
  readonly transitionsPerSecond: number | null;
  readonly openedPerSecond: number | null;
  readonly closedPerSecond: number | null;
}

export interface GroupOptions {
  readonly by: Grouping;
  readonly filter: Filter;
  readonly stuckAfterMs: number;
}

/** Groups sockets, worst group first. */
export function buildGroups(world: SocketWorld, options: GroupOptions): GroupRow[] {
  return new GroupCount(world, options).rows();
}

/** A local endpoint of connections, and the group of its listener. */
interface Arrival extends Pick<Socket, "netns" | "localAddress" | "role"> {
  readonly isListener: boolean;
  readonly group: Group | null;
}

/** Local addresses cached per port: a scan of more would take longer than a lookup. */
const MAX_ARRIVALS = 16;

class Group {
  readonly tally = new Tally();
  /** Scattered because V8 does not seed the hashes of numbers: chosen pids could make every lookup slow. */
  readonly pids = new Set<number>();
  readonly processes: Process[] = [];
}

class GroupCount {
  readonly #world: SocketWorld;
  readonly #by: Grouping;
  readonly #filter: HeldFilter;
  readonly #byName = new Map<string, Group>();
  readonly #byPid = new SeededMap<number, Group>();
  readonly #byDestination = new SeededMap<number | string, Group>();
  #last: { readonly group: Group | null; readonly pid: number } = { group: null, pid: 0 };
  readonly #byLocalPort = new Map<number, Arrival[]>();

  constructor(world: SocketWorld, { by, filter, stuckAfterMs }: GroupOptions) {
    this.#world = world;
    this.#by = by;
    this.#filter = new HeldFilter(filter, world);
    const add = (socket: Socket, holder: number): void => this.#add(socket, holder, false, null);
    if (filter.isEmpty && byProcess(by)) this.#addPlain(countPlain(world.sockets, add), by);
    else world.sockets.forEach(add, TCP.CLOSE_WAIT);
    forEachCloseWait(world, stuckAfterMs * 1e6, (socket, holder, isStuck, leaked) => {
      if (leaked === null || isStuck) this.#add(socket, holder, isStuck, leaked);
    });
    if (byProcess(by)) for (const process of world.processes) this.#addProcess(process, groupOfProcess(process, by));
  }

  #addPlain(plain: Iterable<readonly [pid: number, counts: StateCounts]>, by: ProcessGrouping): void {
    for (const [pid, counts] of plain) {
      const group = this.#ofProcess(pid, by);
      group?.tally.addPlain(counts);
      group?.pids.add(scatter(pid));
    }
  }

  #add(socket: Socket, holder: number, isStuck: boolean, leaked: LeakedDescriptor | null): void {
    const age = leaked ?? socket;
    if (holder !== ASK && holder !== NO_HOLDER) {
      if (this.#filter.takes(socket, holder, age)) this.#groupOf(socket, holder)?.tally.add(socket, isStuck, leaked);
      return;
    }
    const holders = this.#takenHolders(socket, age);
    for (const group of this.#groups(socket, holders)) group.tally.add(socket, isStuck, leaked);
  }

  /** Fast path for a socket with one holder, as nearly all have: builds no list and no name per socket. */
  #groupOf(socket: Socket, pid: number): Group | null {
    const by = this.#by;
    let group: Group | null = null;
    if (by === "destination") group = isOutgoing(socket, this.#world) ? this.#toward(socket) : null;
    else if (by === "listener") group = this.#arrivedAt(socket);
    else group = this.#ofProcess(pid, by);
    // The sockets of one process are usually adjacent.
    if (group !== null && (group !== this.#last.group || pid !== this.#last.pid)) {
      group.pids.add(scatter(pid));
      this.#last = { group, pid };
    }
    return group;
  }

  #toward(socket: Socket): Group {
    const { remoteAddress, remotePort } = socket;
    const key = typeof remoteAddress === "number" ? remoteAddress * 65_536 + remotePort : destinationName(socket);
    let group = this.#byDestination.get(key);
    if (group === undefined) this.#byDestination.set(key, (group = this.#group(destinationName(socket))));
    return group;
  }

  /** The group of the socket's listener, looked up once for all sockets with the same local endpoint. */
  #arrivedAt(socket: Socket): Group | null {
    const { netns, localAddress, localPort, role } = socket;
    const isListener = socket.state === TCP.LISTEN;
    // A server's connection may outlive its listener.
    const mayHaveListener =
      isListener || role === "server" || (role !== "client" && this.#world.hasListener(localPort));
    if (!mayHaveListener) return null;
    let same = this.#byLocalPort.get(localPort);
    if (same === undefined) this.#byLocalPort.set(localPort, (same = []));
    for (const one of same) {
      const isSame = one.localAddress === localAddress && one.netns === netns && one.role === role;
      if (isSame && one.isListener === isListener) return one.group;
    }
    const [group = null] = this.#groups(socket, []);
    if (same.length < MAX_ARRIVALS) same.push({ netns, localAddress, role, isListener, group });
    return group;
  }

  #ofProcess(pid: number, by: ProcessGrouping): Group | null {
    let group = this.#byPid.get(pid);
    if (group !== undefined) return group;
    const process = this.#world.process(pid);
    if (process === null) return null;
    this.#byPid.set(pid, (group = this.#group(groupOfProcess(process, by))));
    return group;
  }

  #addProcess(process: Process, name: string): void {
    const group = this.#filter.isEmpty ? this.#group(name) : this.#byName.get(name);
    group?.processes.push(process);
  }

  /** The holders that the filter matches; null if the socket does not count at all, not even as unowned. */
  #takenHolders(socket: Socket, age: { readonly since: Nanos }): readonly Holder[] | null {
    const holders = this.#world.holders(socket);
    if (this.#filter.isEmpty) return holders.length > 0 || hasFile(socket) ? holders : null;
    if (holders.length === 0) return this.#filter.takes(socket, null, age) ? holders : null;
    const taken = holders.filter(({ pid }) => this.#filter.takes(socket, pid, age));
    return taken.length > 0 ? taken : null;
  }

  #groups(socket: Socket, holders: readonly Holder[] | null): Group[] {
    if (holders === null) return [];
    return [...groupsOf(socket, holders, this.#by, this.#world)].map((name) => {
      const group = this.#group(name);
      for (const { pid } of holders) group.pids.add(scatter(pid));
      return group;
    });
  }

  #group(name: string): Group {
    let group = this.#byName.get(name);
    if (group === undefined) this.#byName.set(name, (group = new Group()));
    return group;
  }

  rows(): GroupRow[] {
    const { now } = this.#world;
    const rows = Array.from(this.#byName, ([name, group]) => groupRow(name, group, now));
    return rows.toSorted(
      (a, b) =>
        b.stuck - a.stuck ||
        b.closeWait - a.closeWait ||
        (b.transitionsPerSecond ?? b.established) - (a.transitionsPerSecond ?? a.established) ||
        (a.name < b.name ? -1 : 1),
    );
  }
}

function byProcess(by: Grouping): by is ProcessGrouping {
  return by !== "destination" && by !== "listener";
}

function groupRow(name: string, { tally, pids, processes }: Group, now: number): GroupRow {
  const isOfProcesses = processes.length > 0;
  const sum = (value: (process: Process) => number): number | null =>
    isOfProcesses ? processes.reduce((total, process) => total + value(process), 0) : null;
  return {
    name,
    processes: isOfProcesses ? processes.length : pids.size,
    transitions: sum(({ transitions }) => transitions),
    transitionsPerSecond: sum(({ rate }) => rate.perSecond(now)),
    openedPerSecond: sum(({ opened }) => opened.perSecond(now)),
    closedPerSecond: sum(({ closed }) => closed.perSecond(now)),
    ...tally.counts(now),
  };
}
