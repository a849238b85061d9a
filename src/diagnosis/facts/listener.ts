import { type Situation, processAt } from "./situation.ts";
import type { Process } from "../../model/processes/process.ts";
import type { Socket } from "../../model/sockets/socket.ts";

/** The process that listens; of several holders the owner, which accepts. Null where nobody is known. */
export function holderOf(situation: Situation, { owner, holders }: Socket): Process | null {
  return processAt(situation, owner.pid ?? holders[0]?.pid ?? null);
}

/** Whether its queue is full: the kernel takes one more than the backlog (sk_acceptq_is_full()). */
export function isFull({ receiveQueue, backlog }: Socket): boolean {
  return receiveQueue !== null && backlog !== null && receiveQueue > backlog;
}

/** How many connections its queue takes: one more than its backlog (sk_acceptq_is_full()); null where it could not be asked. */
export function listenBacklog({ backlog }: Socket): number | null {
  return backlog === null ? null : backlog + 1;
}
