import type { Nanos } from "../net/nanos.ts";
import { TCP } from "../net/tcp-state.ts";
import type { LeakedDescriptor } from "./leaked-descriptors.ts";
import type { Socket } from "./socket.ts";

/** The kernel counts `last sent` in jiffies, up to 10 ms each. */
const SAME_MOMENT: Nanos = 20e6;
/** Where the kernel is asked so often, a socket is not called stuck before it has been looked at, within reason. */
const RECENTLY: Nanos = 10e9;

/** What the judgement needs besides the socket: the time, and when the kernel was last asked for details. */
export interface Moment {
  readonly now: Nanos;
  readonly detailsAt: Nanos;
}

/**
 * Whether a socket has been in CLOSE_WAIT for so long with nothing going on: the peer has closed and the program has not.
 * A program that still sends is on purpose in CLOSE_WAIT: its peer has only said that it will send no more (half-closed,
 * RFC 9293 3.6), so the time counts from what it sent last.
 */
export function isStuck(socket: Socket, { now, detailsAt }: Moment, stuckAfter: Nanos): boolean {
  if (socket.state !== TCP.CLOSE_WAIT || now - socket.since < stuckAfter) return false;
  const { detailAt, sentAt, since } = socket;
  const limit = stuckAfter + RECENTLY;
  if (isHalfClosed(socket)) return detailAt - sentAt >= stuckAfter || now - detailAt > limit;
  const isLookedAt = detailAt >= since + stuckAfter / 2;
  return isLookedAt || now - detailsAt > RECENTLY || now - since > limit;
}

/** A descriptor whose socket was reset: there is nothing left to go on, so from the threshold on. */
export function isStuckDescriptor({ since }: LeakedDescriptor, { now }: Moment, stuckAfter: Nanos): boolean {
  return now - since >= stuckAfter;
}

/** It has sent data after the peer's FIN. */
function isHalfClosed({ sentAt, since }: Socket): boolean {
  return sentAt > since + SAME_MOMENT;
}
