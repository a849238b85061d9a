import { expect, test } from "vitest";
import { SsIdleReader, timerMs } from "#src/host/kernel/ss-idle.ts";

test.each([
  ["119min", 7_140_000],
  ["1min59sec", 119_000],
  ["55sec", 55_000],
  ["1.248ms", 1248],
  ["248ms", 248],
  ["1min5.000ms", 65_000],
  ["soon", null],
])("ss's %s is %s ms", (text, ms) => {
  expect(timerMs(text)).toBe(ms);
});

function read(...lines: readonly string[]): SsIdleReader {
  const reader = new SsIdleReader(1);
  for (const line of lines) reader.line(line);
  return reader;
}

const INFO = "\t cubic rto:204 lastsnd:90000 lastrcv:80000 lastack:1 pacing_rate 1bps";
const TAIL = "ino:77 sk:1 cgroup:/a ino:66 timer:(keepalive,1sec,0) <->";

test("an idle connection is reported with the time of its next probe", () => {
  const { rows } = read(`0 0 10.0.0.1:80 10.0.0.2:40000 timer:(keepalive,119min,0) ${TAIL}`, INFO);
  expect(rows).toMatchObject([{ netns: 1, inode: 77, idleMs: 80_000, probeInMs: 7_140_000, localPort: 80 }]);
});

test("without keepalive there is no probe, whatever the name of the cgroup", () => {
  expect(read(`0 0 10.0.0.1:80 10.0.0.2:40000 ${TAIL}`, INFO).rows).toMatchObject([{ inode: 77, probeInMs: null }]);
});

test.each([
  ["of this machine's own", `0 0 127.0.0.1:80 127.0.0.1:40000 ${TAIL}`, INFO],
  ["of this machine's own, by IPv6", `0 0 [::1]:80 [::1]:40000 ${TAIL}`, INFO],
  ["in use", `0 0 10.0.0.1:80 10.0.0.2:40000 ${TAIL}`, "\t cubic lastsnd:90000 lastrcv:4000 lastack:1"],
  ["without a line of its own", "garbage", INFO],
])("a connection %s is skipped", (_, ...lines) => {
  expect(read(...lines)).toMatchObject({ rows: [], left: 0 });
});

test("connections beyond the limit are only counted", () => {
  const lines = Array.from({ length: 5010 }, () => [`0 0 10.0.0.1:80 10.0.0.2:40000 ${TAIL}`, INFO]).flat();
  const reader = read(...lines);
  expect([reader.rows.length, reader.left]).toEqual([5000, 10]);
});
