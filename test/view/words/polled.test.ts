import { describe, expect, test } from "vitest";
import type { HostRates } from "#src/model/rates/counter-rates.ts";
import { incompleteness, pollFigures } from "#src/view/words/polled.ts";
import { topTable } from "#src/view/print/top-table.ts";
import { snapshot } from "#test/support/samples/snapshots.ts";

const poll = { ageMs: 420, intervalMs: 1000, cpuMs: 13.1 };
const host: HostRates = {
  connects: 1200,
  accepts: 1100.5,
  closed: 2300,
  failed: 0,
  resets: 3.25,
  aborts: null,
  timeWaits: 1000,
  listenOverflows: 2,
};
const polled = snapshot({ source: "proc", sourceDetail: "/proc every 1 s: not root", poll, host });

const texts = (shown: typeof polled): string[] =>
  pollFigures(shown)
    .flat()
    .map(({ text }) => text);

function styleAt(ageMs: number): string | undefined {
  return pollFigures({ ...polled, poll: { ...poll, ageMs } })[0]?.[0]?.style;
}

describe("with the /proc source", () => {
  test("shows the age of the data, the interval, and the cost", () => {
    expect(texts(polled)[0]).toBe("read 0.4s ago, every 1s, using 1.4% of a core");
    expect(texts({ ...polled, poll: { ageMs: 12_000, intervalMs: 8040, cpuMs: 402 } })[0]).toBe(
      "read 12s ago, every 8s, using 5.0% of a core",
    );
  });

  test("old data is highlighted", () => {
    expect([styleAt(900), styleAt(2900), styleAt(3100)]).toEqual(["plain", "plain", "warn"]);
  });

  test("rates are the kernel's, for the whole host; missing counters are left out", () => {
    expect(texts(polled).slice(1)).toEqual([
      "host-wide, from kernel counters:",
      "1,200 connects/s",
      "1,100 accepts/s",
      "about 2,300 closed/s",
      "0 failed/s",
      "3.2 resets/s",
      "1,000 TIME_WAIT/s",
      "2 listen overflows/s",
    ]);
    expect(pollFigures(polled).at(-1)?.at(-1)?.style).toBe("warn");
  });

  test("shows no rates before the second read", () => {
    expect(texts({ ...polled, host: null })).toHaveLength(1);
    expect(texts({ ...polled, host: null, poll: null })).toEqual([]);
  });

  test("a plain table has the same figures, and no count of lost transitions", () => {
    const table = topTable(polled, 200);
    expect(table).toContain("12.3 transitions/s seen by polls  owners known");
    expect(table).toContain(
      "read 0.4s ago, every 1s, using 1.4% of a core\nhost-wide, from kernel counters:  1,200 connects/s",
    );
  });
});

test("shows none of them with a tracer", () => {
  expect(pollFigures({ ...polled, source: "bpf" })).toEqual([]);
});

test("counts unreadable processes; hidden ones can't be counted", () => {
  const said = "12 processes could not be read (permission denied); some owners may be missing";
  expect(incompleteness(12)).toBe(said);
  expect(incompleteness(0)).toBe(
    said.replace("12 processes", "some processes").replace("permission denied", "hidden by hidepid or a container"),
  );
});
