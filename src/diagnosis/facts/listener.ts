import { type Situation, processAt } from "./situation.ts";
import type { Process } from "../../model/processes/process.ts";
import type { Socket } from "../../model/sockets/socket.ts";

/** The listening process; with several holders, the owner, which accepts. Null where unknown. */
export function holderOf(situation: Situation, { owner, holders }: Socket): Process | null {
  return processAt(situation, owner.pid ?? holders[0]?.pid ?? null);
}

/** Whether its queue is full: it holds one more than the backlog (sk_acceptq_is_full()). */
export function isFull({ receiveQueue, backlog }: Socket): boolean {
  return receiveQueue !== null && backlog !== null && receiveQueue > backlog;
}

/** The size of its queue: one more than the backlog (sk_acceptq_is_full()); null where unknown. */
export function listenBacklog({ backlog }: Socket): number | null {
  return backlog === null ? null : backlog + 1;
}
