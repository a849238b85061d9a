import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LeakReport } from "#src/model/reports/leak-report.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { leaksJson } from "#src/view/print/leaks-json.ts";
import { anyLeakReport, leakingProcess, leakReport, stuckSocket } from "#test/support/samples/leak-reports.ts";
import { processRow } from "#test/support/samples/snapshots.ts";

const userName = (uid: number): string | undefined => (uid === 1001 ? "www" : undefined);

/* The contract: docs/command-line.md, `leaks --json`, and what has been added to it. */
const REPORT_KEYS = "time source stuckAfterMs lost complete processes unowned".split(" ");
const PROCESS_KEYS =
  "pid comm cmdline user container unit closeWait stuck notAccepted vanished oldestMs growthPerMinute fdUsed fdLimit fdExhaustedInMs sockets acceptQueues".split(
    " ",
  );
const SOCKET_KEYS = "socket netns local remote state ageMs ageIsAtLeast receiveQueue accepted fd owner holders".split(
  " ",
);

interface Parsed {
  processes: (Record<string, unknown> & { sockets: object[]; acceptQueues: object[] })[];
  unowned: object[];
}

function parse(report: Partial<LeakReport>): Parsed {
  const parsed: Parsed = JSON.parse(leaksJson(leakReport(report), userName));
  return parsed;
}

test("a report is one line with a newline, its keys and values as promised", () => {
  const queue = { netns: 4_026_531_840, endpoint: "0.0.0.0:80", length: 3, backlog: 16 };
  const sockets = [stuckSocket({ receiveQueue: 1, ageMs: 912_000.4, holders: [812, 90] })];
  const process = leakingProcess({ sockets, acceptQueues: [queue], unit: "api.service", fdExhaustedInMs: 4_100_000.7 });
  const unowned = [
    {
      ...stuckSocket({
        id: 2,
        remoteAddress: `${"0".repeat(31)}1`,
        state: TCP.CLOSE,
        fd: null,
        holders: [],
        role: null,
      }),
      owner: "unknown" as const,
      reason: "no-holder" as const,
    },
  ];
  const text = leaksJson(leakReport({ processes: [process], unowned, lost: 2 }), userName);
  expect(text.indexOf("\n")).toBe(text.length - 1);
  expect(JSON.parse(text)).toEqual({
    time: "2026-05-01T22:14:07.000000Z",
    source: "bpf",
    stuckAfterMs: 60_000,
    lost: 2,
    complete: true,
    processes: [
      {
        pid: 812,
        comm: "api",
        cmdline: "node /srv/api/server.js",
        user: "www",
        container: null,
        unit: "api.service",
        closeWait: 38,
        stuck: 38,
        notAccepted: 0,
        vanished: 0,
        oldestMs: 912_000,
        growthPerMinute: 3.1,
        fdUsed: 812,
        fdLimit: 1024,
        fdExhaustedInMs: 4_100_001,
        sockets: [
          {
            socket: "s1f",
            netns: 4_026_531_840,
            local: "10.0.0.1:40000",
            remote: "10.0.0.2:443",
            state: "CLOSE_WAIT",
            ageMs: 912_000,
            ageIsAtLeast: false,
            receiveQueue: 1,
            accepted: true,
            fd: 17,
            owner: "accept",
            holders: [812, 90],
          },
        ],
        acceptQueues: [{ local: "0.0.0.0:80", netns: 4_026_531_840, length: 3, backlog: 16 }],
      },
    ],
    unowned: [
      {
        socket: "s2",
        netns: 4_026_531_840,
        local: "10.0.0.1:40000",
        remote: "[::1]:443",
        state: "CLOSE",
        ageMs: 912_000,
        ageIsAtLeast: false,
        receiveQueue: 0,
        accepted: true,
        fd: null,
        owner: "unknown",
        holders: [],
        reason: "no-holder",
      },
    ],
  });
});

test("an empty report has empty lists", () => {
  expect(leaksJson(leakReport({ source: null }), userName)).toBe(
    '{"time":"2026-05-01T22:14:07.000000Z","source":null,"stuckAfterMs":60000,"lost":0,"complete":true,' +
      '"processes":[],"unowned":[]}\n',
  );
});

describe("unknown values are null", () => {
  test("of a process", () => {
    const process = { ...processRow({ pid: 5 }), sockets: [stuckSocket()], acceptQueues: [], user: null };
    expect(parse({ processes: [process] }).processes[0]).toMatchObject({
      cmdline: null,
      user: null,
      container: null,
      unit: null,
      growthPerMinute: null,
      fdUsed: null,
      fdLimit: null,
      fdExhaustedInMs: null,
      acceptQueues: [],
    });
  });

  test("of a socket and of a queue", () => {
    const acceptQueues = [{ netns: null, endpoint: "[::]:80", length: 0, backlog: null }];
    const sockets = [stuckSocket({ netns: null, receiveQueue: null, fd: null })];
    const [process] = parse({ processes: [leakingProcess({ sockets, acceptQueues })] }).processes;
    expect(process?.sockets[0]).toMatchObject({ netns: null, receiveQueue: null, fd: null });
    expect(process?.acceptQueues).toEqual([{ local: "[::]:80", netns: null, length: 0, backlog: null }]);
  });

  test("but a user without a name is a number, and 0 is 0", () => {
    const users = [1001, 1002, 0].map(
      (user) => parse({ processes: [leakingProcess({ user })] }).processes[0]?.["user"],
    );
    expect(users).toEqual(["www", "1002", "0"]);
    expect(parse({ processes: [leakingProcess({ fdExhaustedInMs: 0 })] }).processes[0]?.["fdExhaustedInMs"]).toBe(0);
  });
});

test("numbers are rounded: growth to hundredths, durations to milliseconds", () => {
  const process = leakingProcess({
    growthPerMinute: 2.71499,
    fdExhaustedInMs: 1.4,
    sockets: [stuckSocket({ ageMs: 9.6 })],
  });
  expect(parse({ processes: [process] }).processes[0]).toMatchObject({
    growthPerMinute: 2.71,
    fdExhaustedInMs: 1,
    oldestMs: 10,
    sockets: [{ ageMs: 10 }],
  });
});

test("any report is one line of valid JSON with these keys in this order", () => {
  fc.assert(
    fc.property(anyLeakReport, (report) => {
      const text = leaksJson(report, userName);
      expect(text.indexOf("\n")).toBe(text.length - 1);
      const parsed: Parsed = JSON.parse(text);
      expect(Object.keys(parsed)).toEqual(REPORT_KEYS);
      expect(parsed.processes.map(({ pid }) => pid)).toEqual(report.processes.map(({ pid }) => pid));
      for (const [index, process] of parsed.processes.entries()) {
        expect(Object.keys(process)).toEqual(PROCESS_KEYS);
        expect(process["comm"]).toBe(report.processes[index]?.comm);
        expect(process["cmdline"]).toBe(report.processes[index]?.cmdline);
        for (const socket of process.sockets) expect(Object.keys(socket)).toEqual(SOCKET_KEYS);
      }
      for (const socket of parsed.unowned) expect(Object.keys(socket)).toEqual([...SOCKET_KEYS, "reason"]);
    }),
  );
});
