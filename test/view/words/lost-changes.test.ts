import { expect, test } from "vitest";
import { TCP } from "#src/model/net/tcp-state.ts";
import { lostChangesText } from "#src/view/words/lost-changes.ts";

const END = { from: TCP.ESTABLISHED, to: TCP.CLOSE_WAIT, count: 1234, lost: 12 };
const BIRTH = { from: TCP.LISTEN, to: TCP.SYN_RECV, count: 900, lost: 3 };
const OTHERS = { from: null, to: null, count: 1, lost: 1 };
const WHOLE = { from: TCP.CLOSE, to: TCP.SYN_SENT, count: 900, lost: 0 };

test("lists the lost kinds, each with its total", () => {
  expect(lostChangesText([END, BIRTH, WHOLE], 8)).toBe(
    "12 of 1,234 ESTABLISHED to CLOSE_WAIT, 3 of 900 LISTEN to SYN_RECV",
  );
  expect(lostChangesText([END, BIRTH, OTHERS, WHOLE], 1)).toBe(
    "12 of 1,234 ESTABLISHED to CLOSE_WAIT and 2 more kinds",
  );
  expect(lostChangesText([OTHERS], 1)).toBe("1 of other kinds");
  expect(lostChangesText([WHOLE], 8)).toBe("");
});
