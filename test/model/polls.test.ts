import { describe, expect, test } from "vitest";
import { TCP } from "../../src/model/tcp-state.ts";
import { fold, holder, polling, row, SECOND, survey } from "./scenario.ts";

const AT = 100 * SECOND;

describe("without a tracer", () => {
  const first = survey(AT, [row(TCP.ESTABLISHED)], [holder(9, 70)]);

  test("the first poll is no transition; what differs in the next ones is, with the cause poll", () => {
    const run = fold(
      polling(AT),
      first,
      survey(
        AT + SECOND,
        [row(TCP.CLOSE_WAIT), row(TCP.ESTABLISHED, { localPort: 40_001, inode: 71 })],
        [holder(9, 70, 71)],
      ),
      survey(AT + 2 * SECOND, [row(TCP.ESTABLISHED, { localPort: 40_001, inode: 71 })], [holder(9, 71)]),
    );
    expect(run.told.map(({ change, pid, cause, inState, id }) => [change, pid, cause, inState, id])).toEqual([
      ["ESTABLISHED→CLOSE_WAIT", 9, "poll", null, 1],
      ["CLOSE→ESTABLISHED", 9, "poll", null, 2],
      ["CLOSE_WAIT→CLOSE", 9, "poll", null, 1],
    ]);
    expect(run.model.tables).toMatchObject({ transitions: 3, attributed: 3, lost: 0, contradictions: 0 });
    expect(run.sockets.map(({ id }) => id)).toEqual([2]);
  });

  test("a poll that shows nothing new tells nothing, and ages go on", () => {
    const run = fold(polling(AT), first, survey(AT + SECOND, [row(TCP.ESTABLISHED)], [holder(9, 70)]));
    expect(run.told).toEqual([]);
    expect(run.sockets[0]?.since).toBe(AT);
  });
});
