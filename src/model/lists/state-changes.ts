import type { StateChange } from "../sockets/state-change.ts";
import type { TransitionRow } from "../sockets/transition-row.ts";

/** More changes than any life has by RFC 9293; only a damaged recording or a flapping listener makes more. */
const MOST = 32;

const KEPT = 16;

/** Keeps the change with its socket, so that what happened to it can be told later; it goes when the socket goes. */
export function keepStateChange({ socket, at, from, to, inState, cause, owner }: TransitionRow): void {
  const previous = socket.stateChange;
  const depth = previous === null ? 1 : previous.depth + 1;
  socket.stateChange = { at, from, to, inState, cause, owner, previous, depth };
  if (depth > MOST) forgetOldest(socket.stateChange);
}

/** The changes that are kept, oldest first. */
export function stateChangesOf(last: StateChange | null): readonly StateChange[] {
  const stateChanges: StateChange[] = [];
  for (let stateChange = last; stateChange !== null; stateChange = stateChange.previous) stateChanges.push(stateChange);
  return stateChanges.toReversed();
}

function forgetOldest(last: StateChange): void {
  let left = KEPT;
  for (let stateChange: StateChange | null = last; stateChange !== null; stateChange = stateChange.previous) {
    stateChange.depth = left--;
    if (left === 0) stateChange.previous = null;
  }
}
