import type { DestinationChurn, PortUser } from "./churn-report.ts";
import type { NetworkSettings } from "./counters.ts";
import type { Destination } from "./destination.ts";
import type { Nanos } from "./event.ts";
import { holdersOf } from "./holding.ts";
import { networkSettings } from "./network-settings.ts";
import { msUntilExhausted } from "./port-forecast.ts";
import type { Tables } from "./tables.ts";
import { TIME_WAIT_LIFE } from "./time-wait.ts";

const SECOND: Nanos = 1e9;
const IPV6_LOOPBACK = `${"0".repeat(31)}1`;

/** Where connections go to and leave mini-sockets, or take ports: nearest to having none left first. */
export function takeDestinations(tables: Tables): DestinationChurn[] {
  const uses = new Map<Destination, Use>();
  const useOf = (destination: Destination): Use => {
    let use = uses.get(destination);
    if (use === undefined) uses.set(destination, (use = new Use(tables, destination)));
    return use;
  };
  for (const { destination, endsAt, isFinWait2, isChosen, process } of tables.timeWaits) {
    const use = useOf(destination);
    use.addTimeWait(endsAt, isFinWait2, isChosen);
    if (process !== null) use.addUser(process.pid);
  }
  for (const socket of tables.sockets) {
    if (socket.destination === null) continue;
    const use = useOf(socket.destination);
    for (const { pid } of holdersOf(socket, tables.sockets)) use.addUser(pid);
  }
  const isAll = tables.timeWaitFilter.isEmpty;
  return [...uses.values()]
    .filter(({ chosen }) => isAll || chosen > 0)
    .map((use) => use.report())
    .toSorted(byPressure);
}

/** Counts what one destination takes. */
class Use {
  chosen = 0;
  readonly #tables: Tables;
  readonly #destination: Destination;
  readonly #settings: NetworkSettings;
  readonly #canReuse: boolean;
  readonly #freeing: number[] = [];
  #reusable = 0;
  readonly #users = new Map<number, number>();

  constructor(tables: Tables, destination: Destination) {
    this.#tables = tables;
    this.#destination = destination;
    this.#settings = networkSettings(tables, destination.netns);
    this.#canReuse = canReuse(this.#settings, destination);
  }

  addTimeWait(endsAt: Nanos, isFinWait2: boolean, isChosen: boolean): void {
    if (isChosen) this.chosen++;
    const { now } = this.#tables;
    // connect() takes the port of one in TIME_WAIT that has stood for the delay (tcp_twsk_unique()).
    const freeAt = this.#canReuse && !isFinWait2 ? endsAt - TIME_WAIT_LIFE + this.#settings.reuseDelayMs * 1e6 : endsAt;
    if (freeAt <= now) this.#reusable++;
    else {
      const second = Math.floor((freeAt - now) / SECOND);
      this.#freeing[second] = (this.#freeing[second] ?? 0) + 1;
    }
  }

  addUser(pid: number): void {
    this.#users.set(pid, (this.#users.get(pid) ?? 0) + 1);
  }

  report(): DestinationChurn {
    const { netns, side, source, address, port, timeWaits, live, entered, rates } = this.#destination;
    const { firstPort, lastPort, reservedPorts } = this.#settings;
    const { now } = this.#tables;
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
      timeWait: this.chosen,
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
    return [...this.#users]
      .map(([pid, inUse]) => ({ pid, comm: this.#tables.processes.at(pid)?.comm ?? `pid ${pid}`, inUse }))
      .toSorted((a, b) => b.inUse - a.inUse || a.pid - b.pid);
  }
}

/** Whether connect() may take over what stands in TIME_WAIT toward this destination (net/ipv4/tcp_ipv4.c). */
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
