import * as fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import { TCP } from "#src/model/net/tcp-state.ts";
import { topTable } from "#src/view/print/top-table.ts";
import { anyName } from "#test/support/samples/any-values.ts";
import { anySnapshot, leaker, leaking, processRow, snapshot, unowned } from "#test/support/samples/snapshots.ts";

test("names the leaking process at 80 columns", () => {
  expect(topTable(leaking, 80)).toBe(
    [
      "tcptrace 2026-05-01 22:14:07 UTC  bpf: bpftrace 0.17.0, full probes",
      "api (pid 812) holds 38 sockets in CLOSE_WAIT to 10.0.0.2:443, the oldest for",
      "15m12s, 3.1 more per minute; 812 of 1,024 descriptors used, full in 1h08m: the",
      "peer closed; the program read EOF but never called close(). Only a code fix (or",
      "a restart) frees them",
      "stuck in CLOSE_WAIT (over 60s): 38  12.3 transitions/s  lost 0",
      "owners known 100%",
      "ESTABLISHED 212  CLOSE_WAIT 38  LISTEN 1",
      "",
      "    PID COMMAND          CLOSE_WAIT  STUCK   OLDEST       FDS PEER",
      "    812 api                      38     38   15m12s  812/1024 10.0.0.2:443 x38",
      "     77 nginx                     0      0        -         - -",
      "",
    ].join("\n"),
  );
});

test("shows every column if there is room", () => {
  const lines = topTable(leaking, 220, (uid) => (uid === 1001 ? "www" : undefined)).split("\n");
  expect(
    lines
      .find((line) => line.includes("PID "))
      ?.trim()
      .split(/\s+/),
  ).toEqual(
    "PID USER COMMAND EST CLOSE_WAIT STUCK OLDEST +/min QUEUED LISTEN TRANS TRANS/s OPEN/s CLOSE/s FDS FULL IN PEER UNIT CMDLINE".split(
      " ",
    ),
  );
  expect(
    lines
      .find((line) => line.trim().startsWith("812 "))
      ?.trim()
      .split(/\s+/),
  ).toEqual(
    "812 www api 212 38 38 15m12s 3.1 0 1 0 41.2 20.1 18.3 812/1024 1h08m 10.0.0.2:443 x38 - node /srv/api/server.js".split(
      " ",
    ),
  );
});

const titles = (columns: number): string =>
  topTable(leaking, columns)
    .split("\n")
    .find((line) => line.includes("PID "))
    ?.trim()
    .split(/\s+/)
    .join(" ") ?? "";

test("hides columns in one order", () => {
  expect(titles(100)).toBe("PID COMMAND CLOSE_WAIT STUCK OLDEST +/min FDS FULL IN PEER");
  expect(titles(70)).toBe("PID COMMAND CLOSE_WAIT STUCK OLDEST PEER");
  expect(titles(55)).toBe("PID COMMAND CLOSE_WAIT STUCK OLDEST");
  expect(titles(32)).toBe("PID COMMAND STUCK");
});

describe("inexact numbers are marked", () => {
  test("an age that began before tcptrace", () => {
    const table = topTable(snapshot({ stuck: 38, processes: [{ ...leaker, oldestIsAtLeast: true }] }), 120);
    expect(table).toContain(">=15m12s");
    expect(table).toContain("the oldest for at least 15m12s");
  });

  test("loss, gaps, full tables and processes that could not be read", () => {
    const lostChanges = [{ from: TCP.ESTABLISHED, to: TCP.CLOSE_WAIT, count: 250, lost: 9 }];
    const table = topTable(snapshot({ complete: false, lost: 12, lostChanges, gapMs: 3200, dropped: 1 }), 300);
    expect(table).toContain("some processes could not be read");
    expect(table).not.toContain("behind");
    expect(topTable(snapshot({ lagMs: 2300 }), 120)).toContain("2.3s behind: ");
    expect(table).toContain(
      "12 of 1,012 transitions lost (9 of 250 ESTABLISHED to CLOSE_WAIT): transitions/s includes them",
    );
    expect(table).toContain("nothing was traced for 3.2s");
    expect(table).toContain("1 socket or process not kept");
  });

  test("unknown owners, however few", () => {
    expect(topTable(snapshot({ transitions: 100_000, attributed: 99_999 }), 120)).toContain("owners known 99.9%");
    expect(topTable(snapshot({ transitions: 0, attributed: 0 }), 120)).toContain("owners known -");
  });
});

test("sockets without a process come last and are explained", () => {
  const table = topTable(snapshot({ stuck: 2, processes: [leaker], unowned: unowned({ closeWait: 2, stuck: 2 }) }), 80);
  expect(table.trimEnd().split("\n").slice(-2)).toEqual([
    "      - (unowned)                 2      2        -         - -",
    "(unowned): sockets whose owner is unknown",
  ]);
});

describe("the verdict", () => {
  test("shows how many are stuck, and the peer with the most", () => {
    const row = { ...leaker, closeWait: 41, closeWaitPeer: { endpoint: "10.0.0.2:443", count: 30 } };
    const table = topTable(
      snapshot({ stuck: 38, processes: [row, processRow({ pid: 9, closeWait: 1, stuck: 1 })] }),
      400,
    );
    expect(table).toContain("api (pid 812) holds 41 sockets in CLOSE_WAIT (38 stuck), 30 of them to 10.0.0.2:443");
    expect(table).toContain("1 more process has stuck sockets");
  });

  test("names no process if the owner is unknown", () => {
    const table = topTable(snapshot({ stuck: 2, unowned: unowned({ closeWait: 2, stuck: 2 }) }), 120);
    expect(table).toContain("2 sockets stuck in CLOSE_WAIT, owner unknown");
  });

  test("says that nothing is stuck", () => {
    expect(topTable(snapshot(), 120)).toContain("no sockets in CLOSE_WAIT");
    expect(topTable(snapshot(), 120)).toContain("no process has a TCP socket");
    expect(topTable(snapshot({ complete: false }), 120)).toContain("no visible process has a TCP socket");
    expect(topTable(snapshot({ states: [0, 0, 0, 0, 0, 0, 0, 0, 5] }), 120)).toContain(
      "nothing is stuck: 5 sockets in CLOSE_WAIT, none over 60s",
    );
  });
});

test("any name is printed as it is, once", () => {
  fc.assert(
    fc.property(anyName, (comm) => {
      fc.pre(stringWidth(comm) <= 15 && comm.trim() === comm && comm !== "");
      const table = topTable(snapshot({ processes: [processRow({ pid: 4_000_000, comm })] }), 80);
      const row = table.split("\n").find((line) => line.startsWith("4000000 "));
      expect(row?.slice(8, 8 + comm.length)).toBe(comm);
    }),
  );
});

test("no line is wider than asked, whatever the snapshot", () => {
  fc.assert(
    fc.property(anySnapshot, fc.integer({ min: 1, max: 300 }), (any, columns) => {
      for (const line of topTable(any, columns).split("\n")) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
    }),
  );
});
