import { SeededMap } from "../../base/seeded-map.ts";
import { Peers } from "./peers.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import type { TcpState } from "../../model/net/tcp-state.ts";
import type { Socket } from "../../model/sockets/socket.ts";

/** Sockets of one process in one state that wait for their peers. */
export interface Group {
  readonly state: TcpState;
  /** The holder, or the last one before they were closed; null where unknown. */
  readonly pid: number | null;
  readonly netns: number | null;
  /** Whether they still have a descriptor: the process has only shut down sending. */
  readonly isHeld: boolean;
  /** Addresses only for clients, whose ports differ. */
  readonly peers: Peers;
  count: number;
  oldest: Nanos;
  oldestIsExact: boolean;
}

/** Sockets that wait for an answer from their peer, in groups. */
export class Unanswered {
  readonly #groups: Group[] = [];
  readonly #byPid = new SeededMap<number | null, Group[]>();
  #last: Group | null = null;

  add(socket: Socket): void {
    const pid = socket.owner.pid ?? socket.holders[0]?.pid ?? null;
    const last = this.#last;
    const group = last !== null && isSame(last, socket, pid) ? last : this.#find(socket, pid);
    this.#last = group;
    group.count++;
    group.peers.add(socket.remoteAddress, socket.role === "server" ? 0 : socket.remotePort);
    if (socket.since >= group.oldest) return;
    group.oldest = socket.since;
    group.oldestIsExact = socket.sinceIsExact;
  }

  /** The groups in these states, largest first. */
  in(...states: readonly TcpState[]): readonly Group[] {
    const found = this.#groups.filter(({ state }) => states.includes(state));
    return found.toSorted((a, b) => b.count - a.count || a.oldest - b.oldest);
  }

  #find(socket: Socket, pid: number | null): Group {
    let groups = this.#byPid.get(pid);
    if (groups === undefined) this.#byPid.set(pid, (groups = []));
    const known = groups.find((group) => isSame(group, socket, pid));
    if (known !== undefined) return known;
    const { state, netns, holders } = socket;
    const of = { state, pid, netns, isHeld: holders.length > 0, peers: new Peers() };
    const group = { ...of, count: 0, oldest: Infinity, oldestIsExact: true };
    groups.push(group);
    this.#groups.push(group);
    return group;
  }
}

function isSame(group: Group, { state, netns, holders }: Socket, pid: number | null): boolean {
  return group.state === state && group.pid === pid && group.netns === netns && group.isHeld === holders.length > 0;
}
