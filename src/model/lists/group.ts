import { SeededMap } from "../../base/seeded-map.ts";
import { formatEndpoint } from "../net/address.ts";
import { TCP } from "../net/tcp-state.ts";
import type { Holder } from "../processes/holder.ts";
import type { Process } from "../processes/process.ts";
import type { SocketWorld } from "../reports/socket-world.ts";
import { ASK } from "../sockets/holding.ts";
import type { Socket } from "../sockets/socket.ts";

/** What sockets can be grouped by, other than their process. */
export const GROUPINGS = ["command", "unit", "container", "destination", "listener"] as const;

export type Grouping = (typeof GROUPINGS)[number];
/** Groupings in which each process is in exactly one group. */
export type ProcessGrouping = Exclude<Grouping, "destination" | "listener">;

/** The groups that a socket is in, by its holders or its own tuple. Empty if unknown. */
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

/** Decides for most sockets whether they are in one group, without building a set or a name per socket. */
export class GroupSieve {
  readonly #by: Grouping;
  readonly #name: string;
  readonly #port: number;
  readonly #world: SocketWorld;
  readonly #pids = new SeededMap<number, boolean>();
  #lastAddress: { readonly address: Socket["remoteAddress"]; readonly isMember: boolean } | null = null;

  constructor(by: Grouping, name: string, world: SocketWorld) {
    this.#by = by;
    this.#name = name;
    this.#port = Number(name.slice(name.lastIndexOf(":") + 1));
    this.#world = world;
  }

  /** `holder` is a result of `soleHolder`. Null: undecided, call `groupsOf`. */
  has(socket: Socket, holder: number): boolean | null {
    if (this.#by === "listener") return socket.localPort === this.#port ? null : false;
    if (this.#by !== "destination") return holder === ASK ? null : this.#hasProcess(holder, this.#by);
    return socket.remotePort === this.#port && this.#isToward(socket) && isOutgoing(socket, this.#world);
  }

  #isToward(socket: Socket): boolean {
    const { remoteAddress: address } = socket;
    if (this.#lastAddress?.address !== address)
      this.#lastAddress = { address, isMember: destinationName(socket) === this.#name };
    return this.#lastAddress.isMember;
  }

  #hasProcess(pid: number, by: ProcessGrouping): boolean {
    let answer = this.#pids.get(pid);
    if (answer !== undefined) return answer;
    const process = this.#world.process(pid);
    this.#pids.set(pid, (answer = process !== null && groupOfProcess(process, by) === this.#name));
    return answer;
  }
}

/** Whether this machine opened the connection, as far as known. */
export function isOutgoing(socket: Socket, world: SocketWorld): boolean {
  if (socket.state === TCP.LISTEN || socket.remotePort === 0 || socket.role === "server") return false;
  return socket.role === "client" || world.listener(socket) === null;
}

export function destinationName({ remoteAddress, remotePort }: Socket): string {
  return formatEndpoint(remoteAddress, remotePort);
}

/** The endpoint that a connection arrived at, or that a listener listens on. */
function listenerOf(socket: Socket, world: SocketWorld): string[] {
  if (socket.state === TCP.LISTEN) return [formatEndpoint(socket.localAddress, socket.localPort)];
  const listener = world.listener(socket);
  if (listener !== null) return [formatEndpoint(listener.localAddress, listener.localPort)];
  return socket.role === "server" ? [formatEndpoint(socket.localAddress, socket.localPort)] : [];
}
