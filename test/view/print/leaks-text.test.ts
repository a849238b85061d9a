import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LeakingProcess, LeakReport, StuckSocket } from "#src/model/reports/leak-report.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { safeText } from "#src/base/text.ts";
import { leaksText } from "#src/view/print/leaks-text.ts";
import { anyName } from "#test/support/samples/any-values.ts";
import {
  anyLeakReport,
  leakingProcess,
  leakReport,
  servedSocket,
  stuckSocket,
} from "#test/support/samples/leak-reports.ts";

const userName = (uid: number): string | undefined => (uid === 1001 ? "www" : undefined);

/** The lines, without the newline at the end. */
function lines(report: Partial<LeakReport>): string[] {
  const text = leaksText(leakReport(report), userName);
  expect(text.endsWith("\n")).toBe(true);
  return text.slice(0, -1).split("\n");
}

/** What stands below the sentence and the name of a process with these sockets. */
function held(...sockets: readonly StuckSocket[]): string[] {
  return lines({ processes: [leakingProcess({ sockets })] }).slice(2);
}

test("a process: its sentence, identity and sockets", () => {
  const sockets = Array.from({ length: 38 }, (_, index) => stuckSocket({ localPort: 40_000 + index }));
  const process = leakingProcess({ sockets, unit: "api.service", container: "4f5e0a1b2c3d" });
  expect(lines({ processes: [process] })).toEqual([
    "api (pid 812) holds 38 sockets in CLOSE_WAIT to 10.0.0.2:443, the oldest for 15m12s, 3.1 more per minute; " +
      "812 of 1,024 descriptors used, full in 1h08m: the peer closed; the program read EOF but never called close(). " +
      "Only a code fix (or a restart) frees them.",
    "  user www, api.service, container 4f5e0a1b2c3d: node /srv/api/server.js",
    "  38 from 10.0.0.1 to 10.0.0.2:443, read to EOF, not closed, the oldest for 15m12s",
  ]);
});

test("processes are in the order of the report", () => {
  const processes = [leakingProcess({ pid: 2, comm: "b" }), leakingProcess({ pid: 1, comm: "a" })];
  const sentences = lines({ processes }).filter((line) => !line.startsWith(" "));
  expect(sentences.map((line) => line.slice(0, 9))).toEqual(["b (pid 2)", "a (pid 1)"]);
});

const identity = (process: Partial<LeakingProcess>): string | undefined =>
  lines({ processes: [leakingProcess(process)] })[1];

describe("who it is", () => {
  test("by uid if the user has no name", () => {
    expect(identity({ user: 1002 })).toBe("  user 1002: node /srv/api/server.js");
    expect(identity({ user: 0 })).toBe("  user 0: node /srv/api/server.js");
  });

  test("by its name if it has no command line", () => {
    expect(identity({ cmdline: null })).toBe("  user www: api");
    expect(identity({ cmdline: "" })).toBe("  user www: api");
  });

  test("by its command line if nothing else is known", () => {
    expect(identity({ user: null })).toBe("  node /srv/api/server.js");
    expect(identity({ user: null, cmdline: null })).toBe("  api");
    expect(identity({ user: null, unit: "api.service" })).toBe("  api.service: node /srv/api/server.js");
  });
});

const group = (port: number, size: number): StuckSocket[] =>
  Array.from({ length: size }, (_, index) => stuckSocket({ remotePort: port, localPort: 40_000 + index }));

describe("what it holds", () => {
  test.each([
    [{ receiveQueue: 0 }, "read to EOF, not closed"],
    [{ receiveQueue: 1 }, "EOF not read"],
    [{ receiveQueue: 2 }, "data not read"],
    [{ receiveQueue: null }, "not closed"],
    [{ accepted: false, receiveQueue: 5 }, "not accepted"],
    [{ state: TCP.CLOSE, receiveQueue: null }, "since reset, only the descriptor is left"],
  ])("%j", (socket, said) => {
    expect(held(stuckSocket(socket))).toEqual([`  1 from 10.0.0.1 to 10.0.0.2:443, ${said}, the oldest for 15m12s`]);
  });

  test("as a server, by its own port", () => {
    expect(held(servedSocket({ ageIsAtLeast: true }))).toEqual([
      "  1 on 10.0.0.1:80 from 10.0.0.2, read to EOF, not closed, the oldest for at least 15m12s",
    ]);
  });

  test("is grouped by endpoint and condition, largest group first, each with its oldest", () => {
    const sockets = [
      stuckSocket({ ageMs: 900_000 }),
      servedSocket({ ageMs: 500_000, remotePort: 50_001 }),
      servedSocket({ ageMs: 400_000, remotePort: 50_002, ageIsAtLeast: true }),
      servedSocket({ ageMs: 300_000, remotePort: 50_003, receiveQueue: 9 }),
      stuckSocket({ ageMs: 200_000, localPort: 40_001 }),
      servedSocket({ ageMs: 100_000, remotePort: 50_004 }),
    ];
    expect(held(...sockets)).toEqual([
      "  3 on 10.0.0.1:80 from 10.0.0.2, read to EOF, not closed, the oldest for 8m20s",
      "  2 from 10.0.0.1 to 10.0.0.2:443, read to EOF, not closed, the oldest for 15m00s",
      "  1 on 10.0.0.1:80 from 10.0.0.2, data not read, the oldest for 5m00s",
    ]);
  });

  test("is cut after five groups, and the rest is counted", () => {
    const sockets = [1, 2, 3, 4, 5].flatMap((size) => group(440 + size, size));
    expect(held(...sockets).length).toBe(5);
    const more = [...sockets, ...group(446, 6), ...group(447, 7)];
    expect(held(...more).map((line) => line.split(",", 1)[0])).toEqual([
      "  7 from 10.0.0.1 to 10.0.0.2:447",
      "  6 from 10.0.0.1 to 10.0.0.2:446",
      "  5 from 10.0.0.1 to 10.0.0.2:445",
      "  4 from 10.0.0.1 to 10.0.0.2:444",
      "  3 from 10.0.0.1 to 10.0.0.2:443",
      "  3 more with other peers (--json lists all)",
    ]);
  });

  test("if the connecting side is unknown, the shared endpoint is the server", () => {
    const served = [1, 2, 3].map((index) => servedSocket({ role: null, remotePort: 50_000 + index }));
    expect(held(...served)).toEqual([
      "  3 on 10.0.0.1:80 from 10.0.0.2, read to EOF, not closed, the oldest for 15m12s",
    ]);
    const connected = [1, 2, 3].map((index) => stuckSocket({ role: null, localPort: 40_000 + index }));
    expect(held(...connected)).toEqual([
      "  3 from 10.0.0.1 to 10.0.0.2:443, read to EOF, not closed, the oldest for 15m12s",
    ]);
  });

  test("shared with others, which are named once and in order", () => {
    const [, ...shared] = held(
      stuckSocket({ holders: [812] }),
      stuckSocket({ holders: [812, 1000, 90] }),
      stuckSocket({ holders: [90, 812] }),
    );
    expect(shared).toEqual(["  2 of them are also held by pid 90, 1000: all must close"]);
    expect(held(stuckSocket({ holders: [812, 90] })).at(-1)).toBe("  1 of them is also held by pid 90: all must close");
  });
});

describe("sockets without a known owner", () => {
  const nobodys = { fd: null, owner: "unknown", holders: [] } as const;

  test("are grouped by why the owner is unknown", () => {
    const unowned = [
      { ...stuckSocket(nobodys), reason: "no-holder" as const },
      { ...servedSocket({ ...nobodys, accepted: false }), reason: "shared-port" as const },
      { ...servedSocket({ ...nobodys, accepted: false, localPort: 81 }), reason: "no-listener" as const },
      { ...stuckSocket({ ...nobodys, ageIsAtLeast: true }), reason: "unreadable" as const },
      { ...stuckSocket({ ...nobodys, ageMs: 100 }), reason: "unreadable" as const },
    ];
    expect(lines({ unowned })).toEqual([
      "5 sockets stuck in CLOSE_WAIT, owner unknown:",
      "  2 held by a process that could not be read (run as root, outside any container)",
      "    2 from 10.0.0.1 to 10.0.0.2:443, read to EOF, not closed, the oldest for at least 15m12s",
      "  1 not accepted, on a port shared by several listening processes (SO_REUSEPORT)",
      "    1 on 10.0.0.1:80 from 10.0.0.2, not accepted, the oldest for 15m12s",
      "  1 not accepted, and no visible process is listening",
      "    1 on 10.0.0.1:81 from 10.0.0.2, not accepted, the oldest for 15m12s",
      "  1 held by no visible process: in transit over a unix socket, or in a file table that /proc does not show",
      "    1 from 10.0.0.1 to 10.0.0.2:443, read to EOF, not closed, the oldest for 15m12s",
    ]);
  });

  test("have a line each if requested", () => {
    const unowned = [
      { ...stuckSocket(nobodys), reason: "no-holder" as const },
      { ...servedSocket({ ...nobodys, accepted: false, ageIsAtLeast: true }), reason: "no-holder" as const },
    ];
    const text = leaksText(leakReport({ unowned }), () => undefined, true);
    expect(text.split("\n").slice(2, 4)).toEqual([
      expect.stringMatching(/^ {4}10\.0\.0\.1:\d+ from 10\.0\.0\.2:443, read to EOF, not closed, for 15m12s$/),
      expect.stringMatching(/^ {4}10\.0\.0\.1:80 from 10\.0\.0\.2:\d+, not accepted, for at least 15m12s$/),
    ]);
  });

  test("come after the processes, in the singular for one", () => {
    const unowned = [{ ...stuckSocket(nobodys), reason: "no-holder" as const }];
    const text = lines({ processes: [leakingProcess()], unowned });
    expect(text[3]).toBe("1 socket stuck in CLOSE_WAIT, owner unknown:");
  });
});

describe("the other lines", () => {
  test("nothing is stuck, with the threshold", () => {
    expect(lines({})).toEqual(["no socket has been in CLOSE_WAIT for over 60s"]);
    expect(lines({ stuckAfterMs: 300_000 })).toEqual(["no socket has been in CLOSE_WAIT for over 5m"]);
  });

  test("processes that could not be read, and loss, come last", () => {
    expect(lines({ complete: false, unreadable: 3, lost: 12 })).toEqual([
      "no socket has been in CLOSE_WAIT for over 60s",
      "(3 processes could not be read (permission denied); some owners may be missing)",
      "(12 transitions lost: ages may be too low)",
    ]);
    expect(lines({ processes: [leakingProcess()], lost: 1 }).at(-1)).toBe("(1 transition lost: ages may be too low)");
  });
});

test("any report is printed safely, and no name adds a line", () => {
  fc.assert(
    fc.property(anyLeakReport, anyName, (report, user) => {
      const text = leaksText(report, () => user);
      for (const line of text.split("\n")) expect(safeText(line)).toBe(line);
      const plain = report.processes.map((process) => ({
        ...process,
        comm: "x",
        cmdline: "x",
        container: null,
        unit: null,
      }));
      const ofPlain = leaksText({ ...report, processes: plain }, () => "x");
      expect(text.split("\n").length).toBe(ofPlain.split("\n").length);
    }),
  );
});

test("every stuck socket of a process is counted in one of its lines", () => {
  fc.assert(
    fc.property(anyLeakReport, ({ processes }) => {
      for (const process of processes) {
        const below = leaksText(leakReport({ processes: [process] }), userName)
          .split("\n")
          .slice(2)
          .filter((line) => /^ {2}\d+ (?!of them)/.test(line));
        const sum = below.reduce((total, line) => total + Number.parseInt(line, 10), 0);
        expect(sum).toBe(process.sockets.length);
      }
    }),
  );
});
