import type { Cause } from "../events/cause.ts";
import type { Transition } from "../events/event.ts";
import type { Tables } from "./tables.ts";
import type { Nanos } from "../net/nanos.ts";
import { TCP } from "../net/tcp-state.ts";
import { type Owner, UNKNOWN_OWNER } from "../processes/owner.ts";
import type { Process } from "../processes/process.ts";
import { pidOfListener } from "../sockets/listeners.ts";
import type { Socket } from "../sockets/socket.ts";

/** Counts one transition of this socket for its owner; returns the owner's process. */
export function countTransition({ counts, processes }: Tables, socket: Socket, at: Nanos): Process | null {
  const { pid } = socket.owner;
  counts.countTransition(at, pid !== null);
  if (pid === null) {
    socket.unattributed++;
    return null;
  }
  const process = processes.seen(pid, null, at);
  process.transitions++;
  process.rate.add(at);
  return process;
}

/** Sets the socket's owner, who is also charged with its transitions so far if they had no owner. */
export function own({ sockets, counts, processes }: Tables, socket: Socket, owner: Owner, at: Nanos): void {
  if (owner === socket.owner) return;
  // If the last survey did not show this owner as a holder, its list of holders is out of date.
  const isSeen = socket.holders.some(({ pid }) => pid === owner.pid);
  sockets.setOwner(socket, owner, isSeen ? socket.holders : []);
  if (owner.pid === null || socket.unattributed === 0) return;
  counts.attribute(socket.unattributed);
  processes.seen(owner.pid, null, at).transitions += socket.unattributed;
  socket.unattributed = 0;
}

/** Charges the socket to the process that listens, if it is only one. */
export function ownThroughListener(tables: Tables, socket: Socket, listeners: readonly Socket[], at: Nanos): void {
  const pid = pidOfListener(listeners);
  own(tables, socket, pid === null ? UNKNOWN_OWNER : tables.processes.seen(pid, null, at).as.listener, at);
}

/** The owner's process; null if unknown. */
export function processOf({ processes }: Tables, { owner }: Socket): Process | null {
  return owner.pid === null ? null : (processes.at(owner.pid) ?? null);
}

/** Counts a transition in its process's rates of opened, closed and reset connections. */
export function countConnection(process: Process, socket: Socket, event: Transition, cause: Cause | null): void {
  if (event.from === TCP.SYN_SENT && event.to === TCP.ESTABLISHED) process.opened.add(event.at);
  if (event.to === TCP.CLOSE && event.from !== TCP.LISTEN) process.closed.add(event.at);
  if (cause !== "reset" || event.to !== TCP.CLOSE) return;
  (event.from === TCP.SYN_SENT ? process.refused : process.resets).add(event.at);
  const { role, netns, localAddress, localPort, remoteAddress, remotePort } = socket;
  process.lastReset = { role, netns, localAddress, localPort, remoteAddress, remotePort };
}
