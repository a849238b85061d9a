import type { Nanos } from "../net/nanos.ts";
import { TCP } from "../net/tcp-state.ts";
import type { LeakedDescriptor } from "./leaked-descriptors.ts";
import type { Socket } from "./socket.ts";

/** The kernel's `last sent` has a resolution of one jiffy, up to 10 ms. */
const SAME_MOMENT: Nanos = 20e6;
/** If details are read at least this often, a socket is not called stuck before its own details were read. */
const RECENTLY: Nanos = 10e9;

/** The current time, and when details were last requested. */
export interface Moment {
  readonly now: Nanos;
  readonly detailsAt: Nanos;
}

/**
 * Whether a socket has been idle in CLOSE_WAIT for at least `stuckAfter`: the peer closed and the program has not. A
 * program that still sends is in CLOSE_WAIT on purpose: its peer only announced that it sends no more (half-closed, RFC
 * 9293 3.6), so the time counts from the last data sent.
 */
export function isStuck(socket: Socket, { now, detailsAt }: Moment, stuckAfter: Nanos): boolean {
  if (socket.state !== TCP.CLOSE_WAIT || now - socket.since < stuckAfter) return false;
  const { detailAt, sentAt, since } = socket;
  const limit = stuckAfter + RECENTLY;
  if (isHalfClosed(socket)) return detailAt - sentAt >= stuckAfter || now - detailAt > limit;
  const isLookedAt = detailAt >= since + stuckAfter / 2;
  return isLookedAt || now - detailsAt > RECENTLY || now - since > limit;
}

/** A leaked descriptor: its socket is gone and cannot be in use, so only the age counts. */
export function isStuckDescriptor({ since }: LeakedDescriptor, { now }: Moment, stuckAfter: Nanos): boolean {
  return now - since >= stuckAfter;
}

/** Whether it sent data after the peer's FIN. */
function isHalfClosed({ sentAt, since }: Socket): boolean {
  return sentAt > since + SAME_MOMENT;
}
