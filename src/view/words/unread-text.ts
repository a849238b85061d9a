import { formatPlural } from "../../base/quantity.ts";
import { TCP, type TcpState } from "../../model/net/tcp-state.ts";

/**
 * What a program has not read of what came, where the kernel tells `queued` (rx_queue of /proc/net/tcp, rcv_nxt - copied_seq).
 * The peer's FIN has a sequence number of its own (RFC 9293, 3.4), so in CLOSE_WAIT one of those bytes is the end.
 */
export function unreadText(state: TcpState, queued: number): string {
  if (state !== TCP.CLOSE_WAIT) return `${formatPlural(queued, "byte")} not read`;
  if (queued === 0) return "read to the end";
  return queued === 1 ? "the end not read" : `${formatPlural(queued - 1, "byte")} and the end not read`;
}
