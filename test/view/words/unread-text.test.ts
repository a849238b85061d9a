import { expect, test } from "vitest";
import { TCP } from "#src/model/net/tcp-state.ts";
import { unreadText } from "#src/view/words/unread-text.ts";

test.each([
  [TCP.CLOSE_WAIT, 0, "read to EOF"],
  [TCP.CLOSE_WAIT, 1, "EOF not read"],
  [TCP.CLOSE_WAIT, 2, "1 byte and EOF not read"],
  [TCP.CLOSE_WAIT, 101, "100 bytes and EOF not read"],
  [TCP.ESTABLISHED, 1, "1 byte not read"],
  [TCP.ESTABLISHED, 0, "0 bytes not read"],
])("in state %i, %i in the receive queue: %s", (state, queued, text) => {
  expect(unreadText(state, queued)).toBe(text);
});
