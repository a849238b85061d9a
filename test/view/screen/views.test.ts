import { describe, expect, test } from "vitest";
import { type Filter, MATCH_ALL } from "#src/model/filter/filter.ts";
import { parseFilter } from "#src/model/filter/parse-filter.ts";
import type { SocketRow } from "#src/model/lists/build-sockets.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { CHURN_SORTS, chosenDestinations, chosenProcesses } from "#src/view/screen/time-wait-view.ts";
import { lineText } from "#src/view/format/frame.ts";
import { NO_DATA, type TopData } from "#src/view/state/top-data.ts";
import { copyText, topFrame, topList } from "#src/view/top-frame.ts";
import { SOCKETS } from "#src/view/screen/socket-view.ts";
import { goTo, initialUi } from "#src/view/screen/tabs.ts";
import { goInto, type TopUi, withLevel } from "#src/view/state/top-ui.ts";
import { churnReport, destination } from "#test/support/samples/churn-reports.ts";
import { finding } from "#test/support/samples/findings.ts";
import { leaking } from "#test/support/samples/snapshots.ts";
import { socketRows } from "#test/support/samples/top-data.ts";

const ui = initialUi(1000);
const SIZE = { columns: 140, rows: 30 };
const data = (fields: Partial<TopData>): TopData => ({ ...NO_DATA, snapshot: leaking, ...fields });
const text = (fields: Partial<TopData>, state: TopUi): string =>
  topFrame(data(fields), state, SIZE).map(lineText).join("\n");

function filterOf(words: string): Filter {
  const parsed = parseFilter(words);
  return parsed.ok ? parsed.filter : MATCH_ALL;
}

const socket: SocketRow = {
  id: 7,
  state: TCP.CLOSE_WAIT,
  ageMs: 912_000,
  ageIsAtLeast: true,
  isStuck: true,
  isLeakedDescriptor: false,
  pid: 812,
  comm: "api",
  fd: 17,
  others: 0,
  local: "10.0.0.1:40000",
  remote: "10.0.0.2:443",
  receiveQueue: 1,
  isAccepted: true,
  role: "client",
  owner: "accept",
};

describe("stuck sockets", () => {
  const stuck = goTo(ui, "stuck");

  test("show age, process, descriptor, queue, whether accepted, and the peer", () => {
    const waiting = { ...socket, id: 8, role: "server" as const, isAccepted: false, fd: null, comm: "web", others: 2 };
    const lines = text({ answer: socketRows([socket, waiting]) }, stuck).split("\n");
    const [first, second] = lines.filter((line) => /^[> ] +>=/.test(line));
    expect(first).toMatch(/^> >=15m12s +812 api +17 +1 - +10\.0\.0\.2:443 +10\.0\.0\.1:40000 +accept/);
    expect(second).toMatch(/^ +>=15m12s +812 web and 2 more +- +1 NO /);
  });

  test("a reset socket is marked, and an empty list says why it is empty", () => {
    const process = goInto(ui, { kind: "process", pid: 812, name: "api" });
    expect(text({ answer: socketRows([{ ...socket, isLeakedDescriptor: true }]) }, process)).toMatch(/^>\(reset\)/m);
    expect(text({ answer: socketRows([]) }, process)).toContain("no TCP sockets left");
    expect(text({ answer: socketRows([]) }, stuck)).toContain("no sockets in CLOSE_WAIT");
    expect(text({ answer: socketRows([]) }, { ...stuck, onlySuspicious: true })).toContain("(a shows all)");
  });

  test("builds only the rows on the screen, of a hundred thousand", () => {
    let made = 0;
    const many = SOCKETS.own({
      length: 100_000,
      idAt: (index: number) => index,
      indexOf: (id: number) => id,
      rows: (from: number, count: number) => {
        made += count;
        return Array.from({ length: count }, (_, index) => Object.assign({}, socket, { id: from + index }));
      },
    });
    const shown = data({ answer: many });
    topFrame(shown, withLevel(stuck, { key: "50000" }), SIZE);
    expect(made).toBeLessThan(SIZE.rows);
    expect(topList(shown, stuck, SIZE).opens(99_999)).toEqual({ kind: "socket", id: 99_999 });
  });

  test("is copied as one line", () => {
    expect(copyText(data({ answer: socketRows([socket]) }), stuck, SIZE)).toBe(
      "api (pid 812) fd 17: 10.0.0.1:40000 to 10.0.0.2:443 CLOSE_WAIT for at least 15m12s, EOF not read",
    );
  });
});

describe("TIME_WAIT under a filter", () => {
  const report = churnReport({
    processes: [
      { pid: 7, comm: "crawler", entered: 10, enteredPerSecond: 1, now: 10 },
      { pid: 9, comm: "cron", entered: 1, enteredPerSecond: 0, now: 1 },
    ],
    destinations: [
      destination({ exhaustedInMs: 5000 }),
      destination({ side: "server", port: 22, ports: null, users: [] }),
    ],
  });
  const under = (words: string, onlySuspicious = false): readonly unknown[] => {
    const level = { sort: null, reverse: false };
    const choice = { ui: { ...ui, onlySuspicious }, data: { filter: filterOf(words) }, level };
    const processes = chosenProcesses(report, choice).map(({ comm }) => comm);
    return [processes, chosenDestinations(report, choice).map(({ port }) => port)];
  };

  test.each([
    [
      "",
      [
        ["crawler", "cron"],
        [80, 22],
      ],
    ],
    ["cron", [["cron"], []]],
    ["dport:80", [["crawler"], [80]]],
    ["sport:22", [[], [22]]],
    ["pid:7", [["crawler"], [80]]],
  ])("%s", (words, expected) => {
    expect(under(words)).toEqual(expected);
  });

  test.each(CHURN_SORTS)("by $id, and reversed", ({ id }) => {
    const sorted = (reverse: boolean): readonly string[] => {
      const choice = { ui, data: { filter: MATCH_ALL }, level: { sort: id, reverse } };
      return chosenProcesses(report, choice).map(({ comm }) => comm);
    };
    expect(sorted(true)).toEqual(sorted(false).toReversed());
    expect(sorted(false)).toEqual(id === "pid" ? ["cron", "crawler"] : ["crawler", "cron"]);
  });

  test("only destinations running out of ports", () => {
    expect(under("", true)).toEqual([["crawler"], [80]]);
  });
});

test("findings of the same rule and process have different keys", () => {
  const state = goTo(ui, "findings");
  const findings = [finding(), finding({ title: "another" }), finding({ pid: null })];
  const list = topList(data({ findings }), state, SIZE);
  expect(findings.map((_, index) => list.indexOf(list.keyAt(index) ?? ""))).toEqual([0, 1, 2]);
  const opened = list.opens(1);
  expect(opened === null ? "" : text({ findings }, goInto(state, opened))).toMatch(/^another$/m);
});

test("a resolved finding says so, and severity can be filtered", () => {
  const gone = goInto(goTo(ui, "findings"), { kind: "finding", key: "nothing 1 " });
  expect(text({ findings: [finding()] }, gone)).toContain("resolved: this finding no longer applies");
  const info = finding({ severity: "info", title: "a small thing", pid: null });
  const findings = { ...goTo(ui, "findings"), onlySuspicious: true };
  expect(text({ findings: [finding(), info] }, findings)).not.toMatch(/^.info/m);
  expect(text({ findings: [] }, findings)).toContain("no problems found");
});
