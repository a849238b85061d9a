import * as fc from "fast-check";
import type { ChurnReport, DestinationChurn } from "#src/model/reports/churn-report.ts";
import { anyName, anyRate } from "#test/support/samples/any-values.ts";

/** A report without mini-sockets, with these fields overridden. */
export function churnReport(partial: Partial<ChurnReport> = {}): ChurnReport {
  return {
    wallMs: Date.UTC(2026, 4, 1, 22, 14, 7),
    source: "bpf",
    lost: 0,
    complete: true,
    seconds: 10,
    entered: 0,
    dropped: 0,
    total: { now: 0, finWait2: 0, kernel: 0, limit: 131_072, overflowed: 0, recycled: 0 },
    namespaces: [],
    history: [],
    processes: [],
    unowned: null,
    destinations: [],
    ...partial,
  };
}

/** Ports from 10.0.0.1 to 10.0.0.2:80, with plenty left and these fields overridden. */
export function destination(partial: Partial<DestinationChurn> = {}): DestinationChurn {
  return {
    netns: 4_026_531_840,
    side: "client",
    source: 0x0a00_0001,
    address: 0x0a00_0002,
    port: 80,
    timeWait: 4811,
    entered: 802,
    inUse: 4900,
    reusable: 0,
    ports: 28_232,
    openedPerSecond: 81.5,
    exhaustedInMs: null,
    users: [{ pid: 7, comm: "crawler", inUse: 4900 }],
    ...partial,
  };
}

const anyCount = fc.nat(1_000_000);

const anyMade = { entered: anyCount, enteredPerSecond: anyRate, now: anyCount };
const anyProcessName = { pid: fc.integer({ min: 1, max: 4_194_304 }), comm: anyName };

export const anyChurn: fc.Arbitrary<ChurnReport> = fc
  .record({
    seconds: anyRate,
    history: fc.array(anyCount, { maxLength: 300 }),
    processes: fc.array(fc.record({ ...anyProcessName, ...anyMade }), { maxLength: 30 }),
    unowned: fc.option(fc.record(anyMade), { nil: null }),
    destinations: fc.array(
      fc
        .record({
          side: fc.constantFrom("client", "server"),
          port: fc.nat(65_535),
          address: fc.oneof(fc.nat(0xffff_ffff), fc.constant("20010db8000000000000000000000001")),
          inUse: anyCount,
          ports: fc.option(fc.nat(65_536), { nil: null }),
          exhaustedInMs: fc.option(anyRate, { nil: null }),
          users: fc.array(fc.record({ ...anyProcessName, inUse: anyCount }), { maxLength: 3 }),
        })
        .map((fields) => destination(fields)),
      { maxLength: 30 },
    ),
  })
  .map((fields) => churnReport(fields));
