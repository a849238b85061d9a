import type { Cause } from "../events/cause.ts";
import type { OwnerEvidence } from "../events/owner-evidence.ts";
import { stateChangesOf } from "./state-changes.ts";
import { formatEndpoint } from "../net/address.ts";
import type { SocketRole } from "../net/tuple.ts";
import type { Nanos } from "../net/nanos.ts";
import { TCP, type TcpState } from "../net/tcp-state.ts";
import type { Owner } from "../processes/owner.ts";
import type { SocketWorld } from "../reports/socket-world.ts";
import { isUnaccepted } from "../sockets/holding.ts";
import type { StateChange } from "../sockets/state-change.ts";
import type { Socket } from "../sockets/socket.ts";

/** The time a socket spent in one state. */
export interface Stay {
  readonly state: TcpState;
  /**
   * When it began, in milliseconds since the Unix epoch; null: not seen, because it was before tcptrace or in a gap.
   */
  readonly wallMs: number | null;
  /** A poll found it at that time: it began earlier. */
  readonly isFound: boolean;
  /** How long it lasted, or has lasted so far; null if unknown because its start was not seen. */
  readonly ms: number | null;
  readonly msIsAtLeast: boolean;
  /** Why it was entered. */
  readonly cause: Cause | null;
  /** The owner at that time, as known now. */
  readonly pid: number | null;
  readonly comm: string | null;
  readonly owner: OwnerEvidence;
  /** The socket is still in this state. */
  readonly isCurrent: boolean;
}

interface TimelineHolder {
  readonly pid: number;
  readonly comm: string;
  readonly fd: number | null;
}

/** The history of one socket, as far as it is known. */
export interface Timeline {
  readonly id: number;
  readonly state: TcpState;
  readonly netns: number | null;
  readonly local: string;
  readonly remote: string;
  readonly role: SocketRole | null;
  readonly inode: number | null;
  readonly receiveQueue: number | null;
  readonly isAccepted: boolean;
  readonly owner: OwnerEvidence;
  readonly holders: readonly TimelineHolder[];
  /** Oldest first. */
  readonly stays: readonly Stay[];
}

/** Builds the history of a socket. Stays before tracing began are marked as such. */
export function buildTimeline(socket: Socket, world: SocketWorld): Timeline {
  const { id, state, netns, role, inode, receiveQueue } = socket;
  const holders = state === TCP.CLOSE ? socket.holders : world.holders(socket);
  return {
    id,
    state,
    netns,
    role,
    inode,
    receiveQueue,
    local: formatEndpoint(socket.localAddress, socket.localPort),
    remote: socket.remotePort === 0 ? "-" : formatEndpoint(socket.remoteAddress, socket.remotePort),
    isAccepted: !isUnaccepted(socket),
    owner: socket.owner.evidence,
    holders: holders.map(({ pid, fd }) => ({ pid, fd, comm: commOf(pid, world) })),
    stays: staysOf(socket, world),
  };
}

function staysOf(socket: Socket, world: SocketWorld): Stay[] {
  const stateChanges = stateChangesOf(socket.stateChange);
  const stays: Stay[] = [];
  let before: StateChange | null = null;
  for (const [index, stateChange] of stateChanges.entries()) {
    const isSeen = before === null ? isBirth(stateChange) : before.to === stateChange.from;
    if (!isSeen) stays.push(unseen(stateChange, socket, world));
    const next = stateChanges[index + 1];
    const isLast = next === undefined && socket.state === stateChange.to;
    const end = isLast ? world.now : (next?.at ?? null);
    const isFollowed = isLast || next?.from === stateChange.to;
    stays.push(stayAfter(stateChange, isFollowed ? end : null, isLast, socket, world));
    before = stateChange;
  }
  if (before?.to !== socket.state) stays.push(current(socket, world));
  return stays;
}

function isBirth({ from }: StateChange): boolean {
  return from === TCP.CLOSE || from === TCP.LISTEN;
}

/** The stay that this change ended and whose start was not seen. */
function unseen({ from, inState, at }: StateChange, socket: Socket, world: SocketWorld): Stay {
  const wallMs = inState === null ? null : world.wallMs(at - inState);
  const ms = inState === null ? null : inState / 1e6;
  const stay = { state: from, wallMs, isFound: false, ms, msIsAtLeast: false, cause: null, isCurrent: false };
  return { ...stay, ...ownerPart(socket.owner, world) };
}

function stayAfter(
  stateChange: StateChange,
  end: Nanos | null,
  isLast: boolean,
  socket: Socket,
  world: SocketWorld,
): Stay {
  const { at, to, cause } = stateChange;
  const isEnd = to === TCP.CLOSE;
  const owner = stateChange.owner.pid === null ? socket.owner : stateChange.owner;
  return {
    state: to,
    wallMs: world.wallMs(at),
    isFound: cause === "poll",
    ms: end === null || isEnd ? null : Math.max(0, end - at) / 1e6,
    msIsAtLeast: cause === "poll",
    cause,
    ...ownerPart(owner, world),
    isCurrent: isLast && !isEnd,
  };
}

/** The current state, known only from a survey. */
function current(socket: Socket, world: SocketWorld): Stay {
  const { state, since, sinceIsExact, owner } = socket;
  return {
    state,
    wallMs: world.wallMs(since),
    isFound: !sinceIsExact,
    ms: (world.now - since) / 1e6,
    msIsAtLeast: !sinceIsExact,
    cause: null,
    ...ownerPart(owner, world),
    isCurrent: state !== TCP.CLOSE,
  };
}

function ownerPart(owner: Owner, world: SocketWorld): Pick<Stay, "pid" | "comm" | "owner"> {
  const { pid, evidence } = owner;
  return { pid, owner: evidence, comm: pid === null ? null : commOf(pid, world) };
}

function commOf(pid: number, world: SocketWorld): string {
  return world.process(pid)?.comm ?? `pid ${pid}`;
}
