import type { StateChange } from "../sockets/state-change.ts";
import type { TransitionRow } from "../sockets/transition-row.ts";

/** More changes than RFC 9293 allows one connection; only a damaged recording or a flapping listener has more. */
const MAX_CHANGES = 32;

const KEPT_CHANGES = 16;

/** Stores the change on its socket, for its timeline; it is freed with the socket. */
export function keepStateChange({ socket, at, from, to, inState, cause, owner }: TransitionRow): void {
  const previous = socket.stateChange;
  const depth = previous === null ? 1 : previous.depth + 1;
  socket.stateChange = { at, from, to, inState, cause, owner, previous, depth };
  if (depth > MAX_CHANGES) forgetOldest(socket.stateChange);
}

/** The stored changes, oldest first. */
export function stateChangesOf(last: StateChange | null): readonly StateChange[] {
  const stateChanges: StateChange[] = [];
  for (let stateChange = last; stateChange !== null; stateChange = stateChange.previous) stateChanges.push(stateChange);
  return stateChanges.toReversed();
}

function forgetOldest(last: StateChange): void {
  let left = KEPT_CHANGES;
  for (let stateChange: StateChange | null = last; stateChange !== null; stateChange = stateChange.previous) {
    stateChange.depth = left--;
    if (left === 0) stateChange.previous = null;
  }
}
