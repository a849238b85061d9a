import { formatPlural } from "../../base/quantity.ts";
import { TCP, type TcpState } from "../../model/net/tcp-state.ts";

/**
 * What a program has not read, from the kernel's receive queue (rx_queue of /proc/net/tcp: rcv_nxt - copied_seq). The
 * peer's FIN takes a sequence number (RFC 9293, 3.4), so in CLOSE_WAIT one of those bytes is EOF.
 */
export function unreadText(state: TcpState, queued: number): string {
  if (state !== TCP.CLOSE_WAIT) return `${formatPlural(queued, "byte")} not read`;
  if (queued === 0) return "read to EOF";
  return queued === 1 ? "EOF not read" : `${formatPlural(queued - 1, "byte")} and EOF not read`;
}
