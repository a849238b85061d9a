import { ASK, soleHolder } from "./holding.ts";
import type { LeakedDescriptor } from "./leaked-descriptors.ts";
import type { SocketColumns } from "./socket-columns.ts";
import type { Socket } from "./socket.ts";
import { type Moment, isStuck, isStuckDescriptor } from "./stuck.ts";
import type { Nanos } from "../net/nanos.ts";
import { TCP } from "../net/tcp-state.ts";

/** What `forEachCloseWait` needs. */
export interface CloseWaits extends Moment {
  readonly sockets: SocketColumns;
  readonly leakedDescriptors: Iterable<LeakedDescriptor>;
}

/**
 * Receives a socket in CLOSE_WAIT, its holder as from `soleHolder`, and whether it is stuck. With `leaked`, the socket
 * was reset and only its descriptor is left; then use the descriptor's `since`.
 */
export type CloseWaitVisit = (
  socket: Socket,
  holder: number,
  isStuck: boolean,
  leaked: LeakedDescriptor | null,
) => void;

/**
 * Visits sockets in CLOSE_WAIT, oldest first, then confirmed leaked descriptors. With `heldBy`, a pid or NO_HOLDER,
 * visits only what that process may hold.
 */
export function forEachCloseWait(
  world: CloseWaits,
  stuckAfter: Nanos,
  visit: CloseWaitVisit,
  heldBy: number | null = null,
): void {
  const { sockets: columns, leakedDescriptors } = world;
  const { states, holders, end } = columns;
  for (let slot = 0; slot < end; slot++) {
    if (states[slot] !== TCP.CLOSE_WAIT) continue;
    const holder = holders[slot] ?? ASK;
    // Decide by the columns where possible: reading the socket objects is much slower.
    if (heldBy !== null && holder !== heldBy && holder !== ASK) continue;
    const socket = columns.at(slot);
    visit(socket, holder, isStuck(socket, world, stuckAfter), null);
  }
  for (const leaked of leakedDescriptors) {
    const holder = soleHolder(leaked.socket);
    if (!leaked.isConfirmed || (heldBy !== null && holder !== heldBy && holder !== ASK)) continue;
    visit(leaked.socket, holder, isStuckDescriptor(leaked, world, stuckAfter), leaked);
  }
}
