import { SeededMap } from "../../base/seeded-map.ts";
import { formatEndpoint } from "../net/address.ts";
import { TCP } from "../net/tcp-state.ts";
import type { Holder } from "../processes/holder.ts";
import type { Process } from "../processes/process.ts";
import type { SocketWorld } from "../reports/socket-world.ts";
import { ASK } from "../sockets/holding.ts";
import type { Socket } from "../sockets/socket.ts";

/** What sockets are put together by, other than their process. */
export const GROUPINGS = ["command", "unit", "container", "destination", "listener"] as const;

export type Grouping = (typeof GROUPINGS)[number];
/** Of these a process is in one. */
export type ProcessGrouping = Exclude<Grouping, "destination" | "listener">;

/** The groups that a socket is in: of its holders, or by its own ends. None where that is not known. */
export function groupsOf(
  socket: Socket,
  holders: readonly Holder[],
  by: Grouping,
  world: SocketWorld,
): ReadonlySet<string> {
  if (by === "destination") return new Set(isOutgoing(socket, world) ? [destinationName(socket)] : []);
  if (by === "listener") return new Set(listenerOf(socket, world));
  const names = new Set<string>();
  for (const { pid } of holders) {
    const process = world.process(pid);
    if (process !== null) names.add(groupOfProcess(process, by));
  }
  return names;
}

export function groupOfProcess({ comm, facts }: Process, by: ProcessGrouping): string {
  if (by === "command") return comm;
  return (by === "unit" ? facts?.unit : facts?.container) ?? `(no ${by})`;
}

/** Tells of most sockets whether they are in one group without a set or a name made for each. */
export class GroupSieve {
  readonly #by: Grouping;
  readonly #name: string;
  readonly #port: number;
  readonly #world: SocketWorld;
  readonly #pids = new SeededMap<number, boolean>();
  #lastEnd: { readonly address: Socket["remoteAddress"]; readonly isIt: boolean } | null = null;

  constructor(by: Grouping, name: string, world: SocketWorld) {
    this.#by = by;
    this.#name = name;
    this.#port = Number(name.slice(name.lastIndexOf(":") + 1));
    this.#world = world;
  }

  /** `holder`: as `soleHolder` has it. Null: `groupsOf` has to be asked. */
  has(socket: Socket, holder: number): boolean | null {
    if (this.#by === "listener") return socket.localPort === this.#port ? null : false;
    if (this.#by !== "destination") return holder === ASK ? null : this.#hasProcess(holder, this.#by);
    return socket.remotePort === this.#port && this.#isToward(socket) && isOutgoing(socket, this.#world);
  }

  #isToward(socket: Socket): boolean {
    const { remoteAddress: address } = socket;
    if (this.#lastEnd?.address !== address) this.#lastEnd = { address, isIt: destinationName(socket) === this.#name };
    return this.#lastEnd.isIt;
  }

  #hasProcess(pid: number, by: ProcessGrouping): boolean {
    let answer = this.#pids.get(pid);
    if (answer !== undefined) return answer;
    const process = this.#world.process(pid);
    this.#pids.set(pid, (answer = process !== null && groupOfProcess(process, by) === this.#name));
    return answer;
  }
}

/** Whether the connection was made here, as far as that is known. */
export function isOutgoing(socket: Socket, world: SocketWorld): boolean {
  if (socket.state === TCP.LISTEN || socket.remotePort === 0 || socket.role === "server") return false;
  return socket.role === "client" || world.listener(socket) === null;
}

export function destinationName({ remoteAddress, remotePort }: Socket): string {
  return formatEndpoint(remoteAddress, remotePort);
}

/** Where a connection came in, and what listens there. */
function listenerOf(socket: Socket, world: SocketWorld): string[] {
  if (socket.state === TCP.LISTEN) return [formatEndpoint(socket.localAddress, socket.localPort)];
  const listener = world.listener(socket);
  if (listener !== null) return [formatEndpoint(listener.localAddress, listener.localPort)];
  return socket.role === "server" ? [formatEndpoint(socket.localAddress, socket.localPort)] : [];
}
