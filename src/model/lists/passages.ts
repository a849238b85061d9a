import type { Passage } from "../sockets/passage.ts";
import type { TransitionRow } from "../sockets/transition-row.ts";

/** More changes than any life has by RFC 9293; only a damaged recording or a flapping listener makes more. */
const MOST = 32;

const KEPT = 16;

/** Keeps the change with its socket, so that what happened to it can be told later; it goes when the socket goes. */
export function keepPassage({ socket, at, from, to, inState, cause, owner }: TransitionRow): void {
  const previous = socket.passage;
  const depth = previous === null ? 1 : previous.depth + 1;
  socket.passage = { at, from, to, inState, cause, owner, previous, depth };
  if (depth > MOST) forgetOldest(socket.passage);
}

/** The changes that are kept, oldest first. */
export function passagesOf(last: Passage | null): readonly Passage[] {
  const passages: Passage[] = [];
  for (let passage = last; passage !== null; passage = passage.previous) passages.push(passage);
  return passages.toReversed();
}

function forgetOldest(last: Passage): void {
  let left = KEPT;
  for (let passage: Passage | null = last; passage !== null; passage = passage.previous) {
    passage.depth = left--;
    if (left === 0) passage.previous = null;
  }
}
