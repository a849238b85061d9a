import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { churnText } from "#src/view/print/churn-text.ts";
import { anyChurn, churnReport, destination } from "#test/support/samples/churn-reports.ts";

const COUNT = { now: 5120, finWait2: 0, kernel: 5118, limit: 131_072, overflowed: 0, recycled: 0 };

test("a machine with churn: totals, by process, by destination", () => {
  const report = churnReport({
    total: COUNT,
    entered: 852,
    processes: [
      { pid: 7, comm: "crawler", entered: 802, enteredPerSecond: 70, now: 4811 },
      { pid: 9, comm: "nginx", entered: 50, enteredPerSecond: 0, now: 309 },
    ],
    destinations: [
      destination(),
      destination({
        side: "server",
        address: 0x0a00_0001,
        source: 0x0a00_0009,
        timeWait: 309,
        inUse: 309,
        ports: null,
        users: [],
      }),
    ],
  });
  expect(churnText(report)).toBe(`TIME_WAIT: 5,120 now (kernel count 5,118, limit 131,072), 85.2 entered/s over 10s.

PID  COMMAND  ENTERED/s    NOW
  7  crawler       80.2  4,811
  9  nginx            5    309

FROM      TO           WE       TIME_WAIT  IN USE  OF PORTS  FULL IN  BY
10.0.0.1  10.0.0.2:80  connect      4,811   4,900    28,232        -  crawler (7)
10.0.0.9  10.0.0.1:80  listen         309     309         -        -  -
`);
});

test("nothing at all", () => {
  expect(churnText(churnReport())).toBe("TIME_WAIT: 0 now (kernel count 0, limit 131,072), 0 entered/s over 10s.\n");
});

const line = (partial: Parameters<typeof destination>[0]): string =>
  churnText(churnReport({ destinations: [destination(partial)] })).split("\n")[2] ?? "";

describe("the warning about ports", () => {
  test("names the process, the destination and the fix", () => {
    expect(line({ ports: 5000, exhaustedInMs: 43_000 })).toBe(
      "crawler (pid 7) will get EADDRNOTAVAIL to 10.0.0.2:80 in 43s: 4,900 of 5,000 ports from 10.0.0.1 in use, " +
        "4,811 in TIME_WAIT; keep connections open (pool, keep-alive), or let the other side close first",
    );
  });

  test("says when ports have run out", () => {
    expect(line({ ports: 4900, exhaustedInMs: 0 })).toMatch(
      /^crawler \(pid 7\) gets EADDRNOTAVAIL .* now: 4,900 of 4,900/,
    );
  });

  test("appears when few ports are left, even if the number is steady", () => {
    expect(line({ ports: 6000 })).toMatch(
      /^crawler \(pid 7\) is running low on ports to 10\.0\.0\.2:80: 4,900 of 6,000/,
    );
    expect(line({ ports: 6200 })).toMatch(/^FROM/);
  });

  test("reusable ports are not in use", () => {
    expect(line({ ports: 5000, reusable: 2000 })).toMatch(/^FROM/);
  });

  test("names another fix if open connections use the ports", () => {
    expect(line({ ports: 5000, timeWait: 10 })).toMatch(
      /10 in TIME_WAIT; most are open connections: use fewer or close them$/,
    );
  });

  test("does not appear for the listening side", () => {
    expect(line({ ports: null, side: "server" })).toMatch(/^FROM/);
  });
});

describe("caveats", () => {
  test.each([
    [{ complete: false }, "(some processes could not be read; some owners may be missing)"],
    [{ dropped: 7 }, "(7 TIME_WAIT not kept: table full)"],
    [{ lost: 3 }, "(3 transitions lost: the owner of some TIME_WAIT may be unknown)"],
    [
      { source: "proc" as const },
      "(without BPF, a process is named only if a poll of /proc saw its socket before it closed)",
    ],
  ])("%j is told", (partial, expected) => {
    expect(churnText(churnReport(partial)).trimEnd().split("\n").at(-1)).toBe(expected);
  });

  test("sockets with an unknown closer have a line", () => {
    const report = churnReport({ unowned: { entered: 20, enteredPerSecond: 1, now: 12 } });
    expect(churnText(report)).toContain("  -  (not seen closing)          2   12\n");
  });
});

test("refused, reused and FIN_WAIT2 counts are shown unless 0", () => {
  const total = { ...COUNT, finWait2: 5, overflowed: 12, recycled: 40 };
  expect(churnText(churnReport({ total })).split("), ")[0]).toBe(
    "TIME_WAIT: 5,120 now (5 still in FIN_WAIT2; kernel count 5,118, limit 131,072; 12 refused at the limit; 40 reused early",
  );
});

test("namespaces have a line each if several have sockets", () => {
  const namespaces = [
    { ...COUNT, netns: 1, now: 5000, kernel: 5000 },
    { ...COUNT, netns: 2, now: 120, kernel: 118 },
    { ...COUNT, netns: 3, now: 0, kernel: 0 },
  ];
  expect(churnText(churnReport({ namespaces })).split("\n").slice(1, 4)).toEqual([
    "  in network namespace 1: 5,000 (kernel count 5,000, limit 131,072)",
    "  in network namespace 2: 120 (kernel count 118, limit 131,072)",
    "",
  ]);
});

test("any report is printable lines", () => {
  fc.assert(
    fc.property(anyChurn, (report) => {
      expect(churnText(report)).not.toMatch(/[^\P{C}\n]/u);
    }),
  );
});
