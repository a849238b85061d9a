import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TraceEvent } from "#src/model/events/event.ts";
import { MATCH_ALL } from "#src/model/filter/filter.ts";
import type { ProcessRow } from "#src/model/reports/snapshot.ts";
import { buildLeaks } from "#src/model/reports/build-leaks.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { safeText } from "#src/base/text.ts";
import { blame } from "#src/view/words/blame.ts";
import { child, fold, listening, SECOND, taskOf, tick, tracing, transition } from "#test/support/events/scenario.ts";
import { anySnapshot, leaker, processRow } from "#test/support/samples/snapshots.ts";

const NOT_CLOSED = "Only a code fix (or a restart) frees them";

/** Process 7, with nothing known of its descriptors. */
function api(row: Partial<ProcessRow>): ProcessRow {
  return processRow({ pid: 7, comm: "api", ...row });
}

test("a leak: what, how many, to which peer, for how long, how fast, when it ends, why", () => {
  expect(blame(leaker)).toBe(
    "api (pid 812) holds 38 sockets in CLOSE_WAIT to 10.0.0.2:443, the oldest for 15m12s, 3.1 more per minute; " +
      "812 of 1,024 descriptors used, full in 1h08m: the peer closed; the program read EOF but never called close(). " +
      NOT_CLOSED,
  );
});

test("a leak of which little is known", () => {
  expect(blame(api({ closeWait: 1, stuck: 1 }))).toBe(
    `api (pid 7) holds 1 socket in CLOSE_WAIT: the peer closed; the program has not closed yet. ${NOT_CLOSED}`,
  );
});

test("is empty for a process with nothing stuck", () => {
  expect(blame(api({ closeWait: 4, oldestCloseWaitMs: 1000 }))).toBe("");
});

describe("how many", () => {
  test("are stuck, if not all are", () => {
    expect(blame(api({ closeWait: 3, stuck: 2 }))).toContain("holds 3 sockets in CLOSE_WAIT (2 stuck): ");
    expect(blame(api({ closeWait: 3, stuck: 3 }))).toContain("holds 3 sockets in CLOSE_WAIT: ");
  });

  test("go to one peer, if not all do", () => {
    const closeWaitPeer = { endpoint: "10.0.0.2:443", count: 2 };
    expect(blame(api({ closeWait: 3, stuck: 3, closeWaitPeer }))).toContain("CLOSE_WAIT, 2 of them to 10.0.0.2:443: ");
    expect(blame(api({ closeWait: 2, stuck: 2, closeWaitPeer }))).toContain("CLOSE_WAIT to 10.0.0.2:443: ");
  });

  test("have been reset since", () => {
    const row = api({ closeWait: 2, stuck: 5, leakedDescriptors: 3 });
    expect(blame(row)).toBe(
      "api (pid 7) holds 5 sockets in CLOSE_WAIT, 3 of them since reset, leaving only the descriptor: " +
        `the peer closed; the program has not closed yet. ${NOT_CLOSED}`,
    );
  });
});

describe("since when and how fast", () => {
  const stuck = { closeWait: 1, stuck: 1 };

  test("at least, if they are older than tcptrace", () => {
    expect(blame(api({ ...stuck, oldestCloseWaitMs: 61_000 }))).toContain("CLOSE_WAIT, the oldest for 1m01s: ");
    expect(blame(api({ ...stuck, oldestCloseWaitMs: 61_000, oldestIsAtLeast: true }))).toContain(
      "CLOSE_WAIT, the oldest for at least 1m01s: ",
    );
  });

  test.each([
    [null, ""],
    [0, ""],
    [-3, ""],
    [0.09, ""],
    [0.1, ", 0.1 more per minute"],
    [3.14, ", 3.1 more per minute"],
    [12.4, ", 12 more per minute"],
    [12_345, ", 12.3k more per minute"],
  ])("growth of %s a minute: %s", (growthPerMinute, said) => {
    expect(blame(api({ ...stuck, growthPerMinute }))).toContain(`1 socket in CLOSE_WAIT${said}: the peer`);
  });
});

describe("the descriptors", () => {
  test.each([
    [null, 1024, null, ""],
    [812, null, null, ""],
    [100, 1024, null, ""],
    [819, 1024, null, ""],
    [820, 1024, null, "; 820 of 1,024 descriptors used"],
    [100, 1024, 4_100_000, "; 100 of 1,024 descriptors used, full in 1h08m"],
    [1024, 1024, 0, "; all 1,024 descriptors used"],
    [1024, 1024, null, "; all 1,024 descriptors used"],
    [2000, 1024, null, "; all 1,024 descriptors used"],
  ])("%s of %s, full in %s: %s", (fdUsed, fdLimit, fdExhaustedInMs, said) => {
    const row = api({ closeWait: 1, stuck: 1, fdUsed, fdLimit, fdExhaustedInMs });
    expect(blame(row)).toContain(`1 socket in CLOSE_WAIT${said}: the peer`);
  });
});

const why = (row: Partial<ProcessRow>): string =>
  blame(api({ closeWait: 4, stuck: 4, ...row }))
    .split(": ")
    .at(-1) ?? "";

describe("why", () => {
  test.each([
    [{ readToEnd: 4 }, "the peer closed; the program read EOF but never called close()"],
    [{ unread: 4 }, "the peer closed; the program stopped reading before EOF"],
    [{ endUnread: 4 }, "the peer closed; the program stopped reading before EOF"],
    [{ unread: 1, endUnread: 3 }, "the peer closed; the program stopped reading before EOF"],
    [{ unread: 1, endUnread: 1, readToEnd: 2 }, "the peer closed; the program has not closed yet (2 not read to EOF)"],
    [{ readToEnd: 3 }, "the peer closed; the program has not closed yet"],
    [{ unread: 3 }, "the peer closed; the program has not closed yet"],
    [{}, "the peer closed; the program has not closed yet"],
    [
      { stuck: 6, leakedDescriptors: 2, readToEnd: 4 },
      "the peer closed; the program read EOF but never called close()",
    ],
    [{ closeWait: 0, leakedDescriptors: 4 }, "the peer closed; the program has not closed yet"],
  ])("%j", (row, said) => {
    expect(why(row)).toBe(`${said}. ${NOT_CLOSED}`);
  });
});

describe("sockets not accepted", () => {
  const waiting = { closeWait: 3, stuck: 3, notAccepted: 3 };
  const acceptQueue = { netns: 1, endpoint: "0.0.0.0:80", length: 3, backlog: 16 };

  test("is not a leak, and shows its age and queue", () => {
    expect(blame(api({ ...waiting, oldestCloseWaitMs: 95_000, acceptQueue }))).toBe(
      "api (pid 7) has not accepted 3 connections that the peer has already closed, the oldest for 1m35s; " +
        "3/16 in the accept queue of 0.0.0.0:80: it is stalled or out of descriptors; this is not a leak",
    );
  });

  test("without knowing the queue or its length", () => {
    expect(blame(api({ closeWait: 1, stuck: 1, notAccepted: 1 }))).toBe(
      "api (pid 7) has not accepted 1 connection that the peer has already closed: " +
        "it is stalled or out of descriptors; this is not a leak",
    );
    expect(blame(api({ ...waiting, acceptQueue: { ...acceptQueue, backlog: null } }))).toContain(
      "already closed; 3 in the accept queue of 0.0.0.0:80: ",
    );
  });

  test("comes after the leak, each with its own number", () => {
    expect(blame(api({ closeWait: 5, stuck: 5, notAccepted: 3, waiting: 3, readToEnd: 2, acceptQueue }))).toBe(
      "api (pid 7) holds 2 sockets in CLOSE_WAIT: the peer closed; the program read EOF but never called close(). " +
        `${NOT_CLOSED}. ` +
        "api (pid 7) has not accepted 3 connections that the peer has already closed; " +
        "3/16 in the accept queue of 0.0.0.0:80: it is stalled or out of descriptors; this is not a leak",
    );
  });
});

test("is one printable line that names the process, for any row", () => {
  fc.assert(
    fc.property(anySnapshot, ({ processes }) => {
      for (const row of processes) {
        const sentence = blame(row);
        expect(safeText(sentence)).toBe(sentence);
        if (row.stuck > 0) expect(sentence.startsWith(`${row.comm} (pid ${row.pid}) `)).toBe(true);
      }
    }),
  );
});

// FOUND: Tally counts what has not been accepted among the peers, ages and numbers of what is held.
describe("a process that leaks and stalls", () => {
  const AT = 1000 * SECOND;
  const PEER = 0x0a00_0002;
  const STALLED_PEER = 0x0a00_0009;

  /** What is said at AT of process 7, whose two own connections have been leaked for 100 s. */
  function said(...queued: readonly TraceEvent[]): string {
    const leaked = [1, 2].flatMap((index) => {
      const at = AT - 100 * SECOND;
      const ends = {
        address: index,
        inode: 70 + index,
        localPort: 40_000 + index,
        remoteAddress: PEER,
        remotePort: 443,
      };
      return [
        transition(at, TCP.CLOSE, TCP.SYN_SENT, { ...ends, task: taskOf(7) }),
        transition(at, TCP.SYN_SENT, TCP.ESTABLISHED, ends),
        transition(at, TCP.ESTABLISHED, TCP.CLOSE_WAIT, ends),
      ];
    });
    const inOrder = [...leaked, ...queued].toSorted((a, b) => a.at - b.at);
    const { model } = fold(tracing(0), listening(1, 7), ...inOrder, tick(AT));
    const [process] = buildLeaks(model.tables, { stuckAfterMs: 60_000, filter: MATCH_ALL }).processes;
    return process === undefined ? "" : (blame(process).split(": ", 1)[0] ?? "");
  }

  /** Three more wait in its accept queue, and their peer closed then. */
  function queuedAt(at: number): TraceEvent[] {
    return [1, 2, 3].flatMap((index) => {
      const ends = { address: 100 + index, remoteAddress: STALLED_PEER, remotePort: 50_000 + index };
      return [
        child(at, TCP.LISTEN, TCP.SYN_RECV, ends),
        child(at, TCP.SYN_RECV, TCP.ESTABLISHED, ends),
        child(at, TCP.ESTABLISHED, TCP.CLOSE_WAIT, ends),
      ];
    });
  }

  const LEAK = "p7 (pid 7) holds 2 sockets in CLOSE_WAIT to 10.0.0.2:443, the oldest for 1m40s";

  test("counts only its own leaked sockets", () => {
    expect(said()).toBe(LEAK);
  });

  test("is not charged with the peer of sockets not accepted", () => {
    expect(said(...queuedAt(AT - 80 * SECOND))).toBe(LEAK);
  });

  test("is not charged with the age of sockets not accepted", () => {
    expect(said(...queuedAt(AT - 200 * SECOND))).toContain("the oldest for 1m40s");
  });

  test("does not hold sockets not accepted that are not stuck yet", () => {
    expect(said(...queuedAt(AT - 5 * SECOND))).toBe(LEAK);
  });
});
