import type { Cause } from "../events/cause.ts";
import type { Transition } from "../events/event.ts";
import { processOf } from "./ownership.ts";
import type { Tables } from "./tables.ts";
import { isUnspecified } from "../net/address.ts";
import type { Side, SocketTuple } from "../net/tuple.ts";
import type { Nanos } from "../net/nanos.ts";
import { TCP } from "../net/tcp-state.ts";
import type { Socket } from "../sockets/socket.ts";
import { clientPortOf } from "../time-wait/destination.ts";
import { type Slot, TIME_WAIT_LIFE } from "../time-wait/time-wait.ts";

/** Adds and ends mini-sockets after a transition: the socket's own, and the one its peer left on this machine. */
export function foldConnection(tables: Tables, socket: Socket, event: Transition, cause: Cause | null): void {
  const { from, to, at } = event;
  if (event.netns === null) tables.source.lacksNamespaces();
  if (to === TCP.SYN_SENT) countLive(tables, socket, at);
  else if (to === TCP.ESTABLISHED) foldEstablished(tables, socket, at);
  else if (to === TCP.LAST_ACK) foldPeersFin(tables, socket, at);
  else if (to === TCP.CLOSE && from !== TCP.LISTEN) foldEnd(tables, socket, event, cause);
}

/** The connection is established, so a mini-socket with the same tuple no longer exists. */
export function foldEstablished(tables: Tables, socket: Socket, at: Nanos): void {
  countLive(tables, socket, at);
  endReused(tables, socket);
}

/**
 * Counts a client's socket as using a port toward its destination, until the socket is removed. `openedAt` is null if
 * the time of its opening is unknown.
 */
export function countLive(tables: Tables, socket: Socket, openedAt: Nanos | null): void {
  if (socket.destination !== null || socket.remotePort === 0 || isUnspecified(socket.localAddress)) return;
  if (sideOf(tables, socket) !== "client") return;
  const destination = tables.timeWaits.destinations.use(
    tupleIn(tables, socket),
    "client",
    openedAt ?? tables.clock.now,
  );
  if (destination === undefined) return;
  tables.sockets.setDestination(socket, destination);
  destination.live++;
  destination.openedBy = processOf(tables, socket) ?? destination.openedBy;
  if (openedAt !== null) destination.rates?.opened.add(openedAt);
}

/** Ends the mini-socket with the tuple of a new connection: the kernel reused it before its minute was over. */
function endReused(tables: Tables, socket: Socket): void {
  if (tables.timeWaits.table.size === 0) return;
  const side = socket.destination === null ? sideOf(tables, socket) : "client";
  const destination = socket.destination ?? tables.timeWaits.destinations.find(tupleIn(tables, socket), side);
  if (destination === undefined) return;
  const slot = tables.timeWaits.table.find(destination, clientPortOf(socket, side));
  if (slot !== undefined) tables.timeWaits.table.end(slot);
}

/** One side of a connection within this machine sends its FIN: the minute of the other side's mini-socket begins. */
function foldPeersFin(tables: Tables, socket: Socket, at: Nanos): void {
  const slot = leftByPeer(tables, socket);
  if (slot !== undefined) tables.timeWaits.table.update(slot, false, at + TIME_WAIT_LIFE);
}

function foldEnd(tables: Tables, socket: Socket, event: Transition, cause: Cause | null): void {
  const state = stateLeft(event, cause);
  if (state === null) {
    socket.destination?.rates?.freed.add(event.at);
    // Its reset ends the mini-socket that the peer left behind.
    const left = cause === "abort" ? leftByPeer(tables, socket) : undefined;
    if (left !== undefined) tables.timeWaits.table.end(left);
  } else foldTimeWait(tables, socket, state, event.at);
}

/** The socket ends and leaves a mini-socket in this state behind. */
export function foldTimeWait(tables: Tables, socket: Socket, state: TimeWaitState, at: Nanos): void {
  const side = socket.destination === null ? sideOf(tables, socket) : "client";
  const destination = socket.destination ?? tables.timeWaits.destinations.use(tupleIn(tables, socket), side, at);
  if (destination === undefined) return;
  destination.lastUsed = at;
  const connection = { destination, clientPort: clientPortOf(socket, side) };
  const process = processOf(tables, socket);
  // In FIN_WAIT2, too: the peer's FIN is not traced, usually arrives at once, and starts the minute.
  const left = { process, endsAt: at + TIME_WAIT_LIFE, isFinWait2: state === TCP.FIN_WAIT2 };
  const { timeWaits } = tables;
  const shown = timeWaits.table.find(destination, connection.clientPort);
  // A survey showed the mini-socket before the socket's end was traced.
  if (shown !== undefined && timeWaits.table.process(shown) === process) {
    timeWaits.table.update(shown, left.isFinWait2, left.endsAt);
    return;
  }
  if (shown !== undefined) uncount(tables, shown);
  if (timeWaits.add(connection, at, left).isChosen) timeWaits.countEntered(connection, process, at);
}

/** A survey's mini-socket was counted without an owner and is about to be counted again with one. */
function uncount({ timeWaits, source: { tracingSince } }: Tables, slot: Slot): void {
  const { table } = timeWaits;
  const wasCounted = tracingSince !== null && table.since(slot) > tracingSince;
  if (wasCounted && table.process(slot) === null && table.isChosen(slot)) timeWaits.uncountUnowned(slot);
}

/** A socket has gone untraced: without a mini-socket, its port is free. */
export function foldGone(tables: Tables, socket: Socket, at: Nanos): void {
  if (socket.destination === null) return;
  const { destination, localPort } = socket;
  if (tables.timeWaits.table.find(destination, localPort) === undefined) destination.rates?.freed.add(at);
}

/** The state of the mini-socket that a socket leaves behind; null for none (net/ipv4/tcp_minisocks.c). */
function stateLeft({ from, evidence }: Transition, cause: Cause | null): TimeWaitState | null {
  if (cause === "time-wait") return TCP.TIME_WAIT;
  if (from === TCP.FIN_WAIT2 && cause === "close") return TCP.FIN_WAIT2;
  // Without evidence, assume what nearly always follows.
  return evidence === null && (from === TCP.FIN_WAIT2 || from === TCP.CLOSING) ? TCP.TIME_WAIT : null;
}

type TimeWaitState = typeof TCP.TIME_WAIT | typeof TCP.FIN_WAIT2;

/** The mini-socket that the other side of a connection within this namespace left behind. */
function leftByPeer(tables: Tables, socket: Socket): Slot | undefined {
  if (tables.timeWaits.table.size === 0) return undefined;
  const side = sideOf(tables, socket);
  const peers = tables.timeWaits.destinations.findPeers(tupleIn(tables, socket), side);
  return peers === undefined ? undefined : tables.timeWaits.table.find(peers, clientPortOf(socket, side));
}

/** Which side of its connection a socket is: by its role, else by the listeners, else by which port is ephemeral. */
export function sideOf(tables: Tables, tuple: SocketTuple & { readonly role?: Socket["role"] }): Side {
  if (tuple.role === "client") return "client";
  if (tuple.role === "server" || tables.sockets.listeners.accepting(tuple).length > 0) return "server";
  const { firstPort, lastPort } = tables.kernel.settingsOf(tuple.netns);
  const isEphemeral = (port: number): boolean => port >= firstPort && port <= lastPort;
  return !isEphemeral(tuple.localPort) && isEphemeral(tuple.remotePort) ? "server" : "client";
}

/** The socket's tuple. The basic program does not report the namespace; if there is only one, it must be that. */
function tupleIn(tables: Tables, socket: Socket): SocketTuple {
  const { onlyNetns } = tables.surveys;
  if (socket.netns !== null || onlyNetns === null) return socket;
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  return { netns: onlyNetns, localAddress, localPort, remoteAddress, remotePort };
}
