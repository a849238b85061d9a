import { describe, expect, test } from "vitest";
import { lineText } from "#src/view/format/frame.ts";
import { markOf, StateTrail } from "#src/view/state/state-trail.ts";
import { NO_DATA, type TopData } from "#src/view/state/top-data.ts";
import { topFrame } from "#src/view/top-frame.ts";
import { initialUi } from "#src/view/screen/tabs.ts";
import { goInto, type TopUi, withLevel } from "#src/view/state/top-ui.ts";
import { finding } from "#test/support/samples/findings.ts";
import { leaking, snapshot } from "#test/support/samples/snapshots.ts";

const ui = initialUi(1000);
const VERDICT = "api (pid 812) holds 38 sockets in CLOSE_WAIT";

function shown(data: Partial<TopData>, state: TopUi = ui, columns = 110): string {
  const frame = topFrame({ ...NO_DATA, snapshot: leaking, ...data }, state, { columns, rows: 30 });
  return frame.map(lineText).join("\n");
}

describe("the worst problem", () => {
  test("is the verdict if there is no finding", () => {
    expect(shown({})).toContain(VERDICT);
  });

  test("a finding about the leaking process replaces the verdict, so nothing is said twice", () => {
    const text = shown({ findings: [finding(), finding({ id: "ports", pid: 1 })] });
    expect(text).toContain("api (pid 812) leaks sockets toward 10.0.0.2:443: 38 in CLOSE_WAIT (1 more: key 5)");
    expect(text).not.toContain(VERDICT);
  });

  test("a finding about something else comes above it, so the leaking process is always named", () => {
    const text = shown({ findings: [finding({ id: "ports", pid: 7, title: "crawler (pid 7) has no ports left" })] });
    expect(text).toMatch(/crawler \(pid 7\) has no ports left\napi \(pid 812\) holds 38 sockets/);
  });

  test("on a healthy machine a finding replaces the verdict, unless it is only worth knowing", () => {
    const small = finding({ severity: "warning", title: "a backlog is small", pid: null });
    const warned = shown({ snapshot: snapshot(), findings: [small] });
    expect(warned).toContain("a backlog is small");
    expect(warned).not.toContain("no sockets in CLOSE_WAIT");
    const told = shown({ snapshot: snapshot(), findings: [{ ...small, severity: "info" }] });
    expect(told).toContain("no sockets in CLOSE_WAIT");
    expect(told).not.toContain("a backlog is small");
  });
});

test("the title shows the host, the recording, and that the display is paused", () => {
  const recording = { path: "run.tct.gz", bytes: 12_345 };
  const [title] = shown({ host: "db7", recording }, { ...ui, paused: { ms: 12_000, transitions: 5 } }).split("\n");
  expect(title).toMatch(/^ PAUSED 12s \(\+5\) {3}REC run\.tct\.gz 12\.3 kB {2}tcptrace top db7 {2}2026-05-01/);
});

test("shows the path, or the tabs with their counts; a narrow screen names only the current tab", () => {
  expect(shown({ findings: [finding()] })).toContain("1 processes  2 stuck 38  3 TIME_WAIT  4 live  5 findings 1");
  expect(shown({}, ui, 50)).toContain("\n 1 processes  2  3  4  5 \n");
  const inside = goInto(goInto(ui, { kind: "process", pid: 812, name: "api" }), { kind: "socket", id: 1 });
  expect(shown({}, inside)).toContain("processes > api (pid 812) > socket");
});

test("says when the followed row is gone", () => {
  expect(shown({}, withLevel(ui, { key: "812", isFollowing: true }))).toContain("following (f)");
  expect(shown({}, withLevel(ui, { key: "4", isFollowing: true }))).toContain("followed row is gone (f)");
});

const at = (seconds: number, closeWait: number): typeof leaking => ({
  ...leaking,
  wallMs: leaking.wallMs + seconds * 1000,
  states: [0, 212, 0, 0, 0, 0, 0, 0, closeWait, 0, 1],
  transitions: 1000 + seconds,
});

describe("counts by state", () => {
  test("show how they changed within a minute", () => {
    const trail = new StateTrail();
    for (let second = 0; second <= 100; second++) trail.add(at(second, second));
    const now = at(100, 100);
    const change = trail.change(now, null);
    expect(change?.ms).toBe(60_000);
    expect(shown({ snapshot: now, change })).toContain("ESTABLISHED 212  CLOSE_WAIT 100 (+60)  LISTEN 1  (in 1m00s)");
  });

  test("show the change since the mark, and figures count from it", () => {
    const trail = new StateTrail();
    trail.add(at(0, 50));
    const mark = markOf(at(10, 40));
    const now = at(30, 38);
    const text = shown({ snapshot: now, mark, change: trail.change(now, mark) });
    expect(text).toContain("CLOSE_WAIT 38 (-2)");
    expect(text).toContain("20 since 22:14:17 (z)");
  });

  test("seeking back in a recording restarts the trail", () => {
    const trail = new StateTrail();
    trail.add(at(50, 50));
    trail.add(at(5, 5));
    expect(trail.change(at(6, 9), null)).toMatchObject({ ms: 1000 });
  });
});
