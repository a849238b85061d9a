import { expect, test } from "vitest";
import { churnJson } from "#src/view/print/churn-json.ts";
import { churnReport, destination } from "#test/support/samples/churn-reports.ts";

test("the contract of docs/command-line.md", () => {
  const report = churnReport({
    total: { now: 5120, finWait2: 3, kernel: 5120, limit: 131_072, overflowed: 0, recycled: 4 },
    namespaces: [{ netns: 8, now: 5120, finWait2: 3, kernel: 5120, limit: 131_072, overflowed: 0, recycled: 4 }],
    entered: 861,
    processes: [{ pid: 7, comm: "crawler", entered: 802, enteredPerSecond: 70, now: 4811 }],
    unowned: { entered: 59, enteredPerSecond: 0, now: 309 },
    destinations: [destination({ exhaustedInMs: 1234.5 })],
  });
  expect(JSON.parse(churnJson(report))).toEqual({
    time: "2026-05-01T22:14:07.000000Z",
    seconds: 10,
    source: "bpf",
    lost: 0,
    complete: true,
    timeWait: {
      now: 5120,
      finWait2: 3,
      kernel: 5120,
      limit: 131_072,
      overflowed: 0,
      recycled: 4,
      enteredPerSecond: 86.1,
    },
    namespaces: [{ netns: 8, now: 5120, finWait2: 3, kernel: 5120, limit: 131_072, overflowed: 0, recycled: 4 }],
    processes: [{ pid: 7, comm: "crawler", enteredPerSecond: 80.2, entered: 802, now: 4811 }],
    unowned: { enteredPerSecond: 5.9, entered: 59, now: 309 },
    destinations: [
      {
        source: "10.0.0.1",
        destination: "10.0.0.2:80",
        side: "client",
        netns: 4_026_531_840,
        timeWait: 4811,
        enteredPerSecond: 80.2,
        inUse: 4900,
        reusable: 0,
        ports: 28_232,
        exhaustedInMs: 1235,
        processes: [{ pid: 7, comm: "crawler", inUse: 4900 }],
      },
    ],
  });
});

test("unknown values are null", () => {
  const total = { now: 0, finWait2: 0, kernel: null, limit: null, overflowed: null, recycled: null };
  const report = churnReport({ seconds: 0, total, destinations: [destination({ ports: null, side: "server" })] });
  const read = JSON.parse(churnJson(report));
  expect(read.timeWait).toMatchObject({ kernel: null, limit: null, overflowed: null, enteredPerSecond: 0 });
  expect(read.unowned).toBeNull();
  expect(read.destinations[0]).toMatchObject({ ports: null, exhaustedInMs: null });
});
