import type { Tables } from "../fold/tables.ts";
import type { NetworkSettings } from "../net/counters.ts";
import type { Nanos } from "../net/nanos.ts";
import type { Process } from "../processes/process.ts";
import type { DestinationChurn, PortUser } from "./churn-report.ts";
import { ASK, holdersOf } from "../sockets/holding.ts";
import type { SocketTable } from "../sockets/socket-table.ts";
import type { Socket } from "../sockets/socket.ts";
import type { Destination } from "../time-wait/destination.ts";
import { msUntilExhausted } from "../time-wait/port-forecast.ts";
import { TIME_WAIT_LIFE } from "../time-wait/time-wait.ts";

const SECOND: Nanos = 1e9;
const IPV6_LOOPBACK = `${"0".repeat(31)}1`;

/**
 * Destinations with mini-sockets or ports in use, nearest to running out of ports first. With `wanted`, only the
 * destinations with these ids, which is fast if they are few.
 */
export function buildDestinations(tables: Tables, wanted?: ReadonlySet<number>): DestinationChurn[] {
  const { sockets } = tables;
  const { table, filter } = tables.timeWaits;
  const uses = new Uses(tables);
  table.forEach((slot) => {
    const destination = table.destination(slot);
    if (wanted?.has(destination.id) === false) return;
    const use = uses.of(destination);
    use.addTimeWait(table.endsAt(slot), table.isFinWait2(slot));
    const process = table.process(slot);
    if (process !== null) use.addUser(process);
  });
  addSockets(uses, sockets, wanted);
  return uses.all
    .filter(({ destination }) => filter.isEmpty || destination.chosen > 0)
    .map((use) => use.report())
    .toSorted(byPressure);
}

function addSockets(uses: Uses, sockets: SocketTable, wanted: ReadonlySet<number> | undefined): void {
  const { columns } = sockets;
  const { destinations, holders, end } = columns;
  for (let slot = 0; slot < end; slot++) {
    const id = destinations[slot] ?? 0;
    if (id === 0 || wanted?.has(id) === false) continue;
    const use = uses.cached(id) ?? uses.ofSocket(columns.at(slot));
    const holder = holders[slot] ?? ASK;
    if (holder !== ASK) use?.addUserOf(holder);
    else if (use !== null) for (const { pid } of holdersOf(columns.at(slot), sockets)) use.addUserOf(pid);
  }
}

/** Slots of a direct-mapped cache in front of the map; a power of two. */
const CACHE_SIZE = 1024;

/** The use of each destination. */
class Uses {
  readonly all: Use[] = [];
  readonly #tables: Tables;
  readonly #byId = new Map<number, Use>();
  readonly #cache: Use[] = [];

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  of(destination: Destination): Use {
    const { id } = destination;
    const known = this.cached(id) ?? this.#byId.get(id);
    const use = known ?? new Use(this.#tables, destination);
    if (known === undefined) {
      this.#byId.set(id, use);
      this.all.push(use);
    }
    this.#cache[id % CACHE_SIZE] = use;
    return use;
  }

  /** Null if the socket has no destination. */
  ofSocket({ destination }: Socket): Use | null {
    return destination === null ? null : this.of(destination);
  }

  /** Null if it is not in the cache. */
  cached(id: number): Use | null {
    const use = this.#cache[id % CACHE_SIZE];
    return use?.destination.id === id ? use : null;
  }
}

interface User {
  readonly process: Process;
  inUse: number;
}

/** Counts the ports and mini-sockets of one destination. */
class Use {
  readonly destination: Destination;
  readonly #tables: Tables;
  readonly #settings: NetworkSettings;
  readonly #canReuse: boolean;
  readonly #freeing: number[] = [];
  #reusable = 0;
  readonly #users = new Map<Process, User>();
  #lastUser: User | null = null;

  constructor(tables: Tables, destination: Destination) {
    this.#tables = tables;
    this.destination = destination;
    this.#settings = tables.kernel.settingsOf(destination.netns);
    this.#canReuse = canReuse(this.#settings, destination);
  }

  addTimeWait(endsAt: Nanos, isFinWait2: boolean): void {
    const { now } = this.#tables.clock;
    // connect() may reuse a port after the reuse delay in TIME_WAIT (tcp_twsk_unique()).
    const freeAt = this.#canReuse && !isFinWait2 ? endsAt - TIME_WAIT_LIFE + this.#settings.reuseDelayMs * 1e6 : endsAt;
    if (freeAt <= now) this.#reusable++;
    else {
      const second = Math.floor((freeAt - now) / SECOND);
      this.#freeing[second] = (this.#freeing[second] ?? 0) + 1;
    }
  }

  addUserOf(pid: number): void {
    const process = this.#lastUser?.process.pid === pid ? this.#lastUser.process : this.#tables.processes.at(pid);
    if (process !== undefined) this.addUser(process);
  }

  addUser(process: Process): void {
    if (this.#lastUser?.process !== process) {
      this.#lastUser = this.#users.get(process) ?? { process, inUse: 0 };
      this.#users.set(process, this.#lastUser);
    }
    this.#lastUser.inUse++;
  }

  report(): DestinationChurn {
    const { netns, side, source, address, port, timeWaits, chosen, live, entered, rates } = this.destination;
    const { firstPort, lastPort, reservedPorts } = this.#settings;
    const { now } = this.#tables.clock;
    const isClient = side === "client";
    const ports = isClient ? Math.max(0, lastPort - firstPort + 1 - reservedPorts) : null;
    const inUse = live + timeWaits;
    const perSecond =
      rates === null ? null : { opened: rates.opened.perSecond(now), freed: rates.freed.perSecond(now) };
    return {
      netns,
      side,
      source,
      address,
      port,
      timeWait: chosen,
      entered,
      inUse,
      reusable: this.#reusable,
      ports,
      openedPerSecond: perSecond?.opened ?? null,
      exhaustedInMs:
        ports === null || rates === null || perSecond === null
          ? null
          : msUntilExhausted({
              ports,
              inUse: inUse - this.#reusable,
              ...perSecond,
              entered: rates.entered.perSecond(now),
              life: this.#canReuse ? this.#settings.reuseDelayMs / 1000 : TIME_WAIT_LIFE / SECOND,
              freeing: this.#freeing,
            }),
      users: this.#portUsers(),
    };
  }

  #portUsers(): PortUser[] {
    return [...this.#users.values()]
      .map(({ process: { pid, comm }, inUse }) => ({ pid, comm, inUse }))
      .toSorted((a, b) => b.inUse - a.inUse || a.pid - b.pid);
  }
}

/** Whether connect() may reuse ports in TIME_WAIT toward this destination (net/ipv4/tcp_ipv4.c). */
function canReuse({ timeWaitReuse, timestamps }: NetworkSettings, { source, address }: Destination): boolean {
  if (!timestamps || timeWaitReuse === 0) return false;
  return timeWaitReuse === 1 || isLoopback(source) || isLoopback(address);
}

function isLoopback(address: Destination["address"]): boolean {
  return typeof address === "number" ? address >>> 24 === 127 : address === IPV6_LOOPBACK;
}

function byPressure(a: DestinationChurn, b: DestinationChurn): number {
  return (
    (a.exhaustedInMs ?? Infinity) - (b.exhaustedInMs ?? Infinity) ||
    b.timeWait - a.timeWait ||
    b.inUse - a.inUse ||
    a.port - b.port
  );
}
