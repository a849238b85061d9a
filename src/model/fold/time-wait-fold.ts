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

/** Lets a transition of a socket begin and end mini-sockets: its own, and the one that its peer has left on this machine. */
export function foldConnection(tables: Tables, socket: Socket, event: Transition, cause: Cause | null): void {
  const { from, to, at } = event;
  if (event.netns === null) tables.source.lacksNamespaces();
  if (to === TCP.SYN_SENT) countLive(tables, socket, at);
  else if (to === TCP.ESTABLISHED) foldEstablished(tables, socket, at);
  else if (to === TCP.LAST_ACK) foldPeersFin(tables, socket, at);
  else if (to === TCP.CLOSE && from !== TCP.LISTEN) foldEnd(tables, socket, event, cause);
}

/** The connection is there, and whatever had the same ends before it is not any more. */
export function foldEstablished(tables: Tables, socket: Socket, at: Nanos): void {
  countLive(tables, socket, at);
  endReused(tables, socket);
}

/**
 * A client's socket has a port toward its destination from here on, until it is removed. `openedAt` is null when that is
 * not when it began.
 */
export function countLive(tables: Tables, socket: Socket, openedAt: Nanos | null): void {
  if (socket.destination !== null || socket.remotePort === 0 || isUnspecified(socket.localAddress)) return;
  if (sideOf(tables, socket) !== "client") return;
  const destination = tables.timeWaits.destinations.use(endsIn(tables, socket), "client", openedAt ?? tables.clock.now);
  if (destination === undefined) return;
  tables.sockets.setDestination(socket, destination);
  destination.live++;
  destination.openedBy = processOf(tables, socket) ?? destination.openedBy;
  if (openedAt !== null) destination.rates?.opened.add(openedAt);
}

/** A connection with the same ends begins: the kernel has given them away before the minute was over. */
function endReused(tables: Tables, socket: Socket): void {
  if (tables.timeWaits.table.size === 0) return;
  const side = socket.destination === null ? sideOf(tables, socket) : "client";
  const destination = socket.destination ?? tables.timeWaits.destinations.find(endsIn(tables, socket), side);
  if (destination === undefined) return;
  const slot = tables.timeWaits.table.find(destination, clientPortOf(socket, side));
  if (slot !== undefined) tables.timeWaits.table.end(slot);
}

/** Our side of a connection within this machine sends its FIN: the other one's minute begins. */
function foldPeersFin(tables: Tables, socket: Socket, at: Nanos): void {
  const slot = leftByPeer(tables, socket);
  if (slot !== undefined) tables.timeWaits.table.update(slot, false, at + TIME_WAIT_LIFE);
}

function foldEnd(tables: Tables, socket: Socket, event: Transition, cause: Cause | null): void {
  const state = stateLeft(event, cause);
  if (state === null) {
    socket.destination?.rates?.freed.add(event.at);
    // Its reset ends what the peer had left behind.
    const left = cause === "abort" ? leftByPeer(tables, socket) : undefined;
    if (left !== undefined) tables.timeWaits.table.end(left);
  } else foldTimeWait(tables, socket, state, event.at);
}

/** The socket goes, and leaves a mini-socket in this state behind. */
export function foldTimeWait(tables: Tables, socket: Socket, state: TimeWaitState, at: Nanos): void {
  const side = socket.destination === null ? sideOf(tables, socket) : "client";
  const destination = socket.destination ?? tables.timeWaits.destinations.use(endsIn(tables, socket), side, at);
  if (destination === undefined) return;
  destination.lastUsed = at;
  const connection = { destination, clientPort: clientPortOf(socket, side) };
  const process = processOf(tables, socket);
  // In FIN_WAIT2, too: the peer's FIN, which nobody tells of, mostly comes at once and gives it its minute.
  const made = { process, endsAt: at + TIME_WAIT_LIFE, isFinWait2: state === TCP.FIN_WAIT2 };
  const { timeWaits } = tables;
  const shown = timeWaits.table.find(destination, connection.clientPort);
  // A survey has shown it before its end was traced.
  if (shown !== undefined && timeWaits.table.process(shown) === process) {
    timeWaits.table.update(shown, made.isFinWait2, made.endsAt);
    return;
  }
  if (shown !== undefined) uncount(tables, shown);
  if (timeWaits.add(connection, at, made).isChosen) timeWaits.countEntered(connection, process, at);
}

/** It had been counted as nobody's. */
function uncount({ timeWaits, source: { tracingSince } }: Tables, slot: Slot): void {
  const { table } = timeWaits;
  const wasCounted = tracingSince !== null && table.since(slot) > tracingSince;
  if (wasCounted && table.process(slot) === null && table.isChosen(slot)) timeWaits.uncountUnowned(slot);
}

/** A socket whose end was not traced has gone, and has left a mini-socket behind or has not. */
export function foldGone(tables: Tables, socket: Socket, at: Nanos): void {
  if (socket.destination === null) return;
  const { destination, localPort } = socket;
  if (tables.timeWaits.table.find(destination, localPort) === undefined) destination.rates?.freed.add(at);
}

/** The state of the mini-socket that a socket leaves behind at its end; null for none (net/ipv4/tcp_minisocks.c). */
function stateLeft({ from, evidence }: Transition, cause: Cause | null): TimeWaitState | null {
  if (cause === "time-wait") return TCP.TIME_WAIT;
  if (from === TCP.FIN_WAIT2 && cause === "close") return TCP.FIN_WAIT2;
  // Without evidence, what nearly always follows.
  return evidence === null && (from === TCP.FIN_WAIT2 || from === TCP.CLOSING) ? TCP.TIME_WAIT : null;
}

type TimeWaitState = typeof TCP.TIME_WAIT | typeof TCP.FIN_WAIT2;

/** What the other end of a connection within this namespace has left behind. */
function leftByPeer(tables: Tables, socket: Socket): Slot | undefined {
  if (tables.timeWaits.table.size === 0) return undefined;
  const side = sideOf(tables, socket);
  const peers = tables.timeWaits.destinations.findPeers(endsIn(tables, socket), side);
  return peers === undefined ? undefined : tables.timeWaits.table.find(peers, clientPortOf(socket, side));
}

/** Which end of its connection the socket is: as it began, else by who listens, else by whose port is an ephemeral one. */
export function sideOf(tables: Tables, ends: SocketTuple & { readonly role?: Socket["role"] }): Side {
  if (ends.role === "client") return "client";
  if (ends.role === "server" || tables.sockets.listeners.accepting(ends).length > 0) return "server";
  const { firstPort, lastPort } = tables.kernel.settingsOf(ends.netns);
  const isEphemeral = (port: number): boolean => port >= firstPort && port <= lastPort;
  return !isEphemeral(ends.localPort) && isEphemeral(ends.remotePort) ? "server" : "client";
}

/** The basic program does not tell the namespace; where there is only one, it is that. */
function endsIn(tables: Tables, socket: Socket): SocketTuple {
  const { onlyNetns } = tables.surveys;
  if (socket.netns !== null || onlyNetns === null) return socket;
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  return { netns: onlyNetns, localAddress, localPort, remoteAddress, remotePort };
}
