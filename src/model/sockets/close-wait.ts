import { ASK, soleHolder } from "./holding.ts";
import type { LeakedDescriptor } from "./leaked-descriptors.ts";
import type { SocketColumns } from "./socket-columns.ts";
import type { Socket } from "./socket.ts";
import { type Moment, isStuck, isStuckDescriptor } from "./stuck.ts";
import type { Nanos } from "../net/nanos.ts";
import { TCP } from "../net/tcp-state.ts";

/** The sockets of one moment, as far as CLOSE_WAIT is concerned. */
export interface CloseWaits extends Moment {
  readonly sockets: SocketColumns;
  readonly leakedDescriptors: Iterable<LeakedDescriptor>;
}

/**
 * Is given a socket in CLOSE_WAIT, who holds it, as `soleHolder` has it, and whether it is stuck there. `leaked`: the socket
 * was reset, and only its descriptor is left; then `since` is that of the descriptor.
 */
export type CloseWaitVisit = (
  socket: Socket,
  holder: number,
  isStuck: boolean,
  leaked: LeakedDescriptor | null,
) => void;

/**
 * The one walk over what processes hold though the peer has closed: sockets in CLOSE_WAIT, the oldest first, then confirmed
 * leaked descriptors. With `heldBy`, a pid or NOBODY, only what that may hold.
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
    // Only those that may be wanted are looked into: the columns are at hand, the sockets are not.
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
