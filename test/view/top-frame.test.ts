import * as fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import type { Snapshot } from "#src/model/reports/snapshot.ts";
import { PROCESS_TABLE } from "#src/view/words/columns.ts";
import type { UserName } from "#src/view/format/table.ts";
import { NO_DATA } from "#src/view/state/top-data.ts";
import { type Frame, lineText, type Size } from "#src/view/format/frame.ts";
import { copyText, topFrame, topList } from "#src/view/top-frame.ts";
import type { TopList } from "#src/view/state/top-list.ts";
import { KEYMAP, pressKey } from "#src/view/keys/top-keys.ts";
import { initialUi } from "#src/view/screen/tabs.ts";
import { TABS } from "#src/view/screen/views.ts";
import { type FilterUi, goInto, type Level, type Place, type TopUi, withLevel } from "#src/view/state/top-ui.ts";
import { anyData } from "#test/support/samples/top-data.ts";
import { anyName } from "#test/support/samples/any-values.ts";
import { leaking, processRow, snapshot, unowned } from "#test/support/samples/snapshots.ts";

const ui = initialUi(1000);
const SMALL = { columns: 80, rows: 24 };
const filtered = (filter: Partial<FilterUi>): TopUi => ({ ...ui, filter: { ...ui.filter, ...filter } });
const frameOf = (shown: Snapshot | null, state: TopUi, size: Size, userName?: UserName): Frame =>
  topFrame({ ...NO_DATA, snapshot: shown }, state, size, userName);
const pidsOf = ({ length, keyAt }: TopList): readonly number[] =>
  Array.from({ length }, (_, index) => Number(keyAt(index)));
const listOf = (shown: Snapshot | null, state: TopUi, size: Size): TopList =>
  topList({ ...NO_DATA, snapshot: shown }, state, size);
const text = (frame: Frame): string[] => frame.map((line) => lineText(line).trimEnd());

test("80x24 names the leaking process", () => {
  const lines = text(frameOf(leaking, ui, SMALL));
  expect(lines).toHaveLength(24);
  expect(lines.slice(0, 12)).toEqual([
    "tcptrace top  2026-05-01 22:14:07 UTC  bpf: bpftrace 0.17.0, full probes",
    "api (pid 812) holds 38 sockets in CLOSE_WAIT to 10.0.0.2:443, the oldest for",
    "15m12s, 3.1 more per minute; 812 of 1,024 descriptors used, full in 1h08m: the",
    "peer closed; the program read EOF but never called close(). Only a code fix (or",
    "a restart) frees them",
    "stuck in CLOSE_WAIT (over 60s): 38  12.3 transitions/s  lost 0",
    "owners known 100%  sort: worst first  every 1s",
    "ESTABLISHED 212  CLOSE_WAIT 38  LISTEN 1",
    " 1 processes  2 stuck 38  3 TIME_WAIT  4 live  5 findings",
    "     PID COMMAND          CLOSE_WAIT STUCK▼   OLDEST       FDS PEER",
    ">    812 api                      38     38   15m12s  812/1024 10.0.0.2:443 x38",
    "      77 nginx                     0      0        -         - -",
  ]);
  expect(lines.at(-2)).toBe("pid 812: node /srv/api/server.js");
  expect(lines.at(-1)).toBe("q quit  ? help  Enter open  Tab next view  s sort  / filter  p pause  t group");
});

test("a leaking row has the bad style, and the cursor its own", () => {
  const frame = frameOf(leaking, withLevel(ui, { key: "77" }), SMALL);
  expect(frame[1]?.[0]?.style).toBe("bad");
  const guilty = frame.find((line) => lineText(line).startsWith("     812"));
  expect(guilty?.filter(({ style }) => style === "bad").map((piece) => piece.text.trim())).toEqual(["api", "38"]);
  const cursor = frame.find((line) => lineText(line).startsWith(">     77"));
  expect(new Set(cursor?.map(({ style }) => style))).toEqual(new Set(["inverse"]));
});

test("shows that it is starting, and the status", () => {
  const lines = text(frameOf(null, { ...ui, status: "attaching probes" }, SMALL));
  expect(lines).toContain("starting...");
  expect(lines).toContain("attaching probes");
});

test("says that the terminal is too small", () => {
  expect(text(frameOf(leaking, ui, { columns: 39, rows: 24 })).join(" ")).toBe(
    "terminal too small: 39x24, needs 40x10 (q quits)",
  );
  expect(text(frameOf(leaking, ui, { columns: 200, rows: 9 }))).toEqual([
    "terminal too small: 200x9, needs 40x10 (q quits)",
  ]);
});

test("40x10 keeps the verdict, the caveats and the leaking row", () => {
  const lines = text(frameOf({ ...leaking, lost: 5, complete: false }, ui, { columns: 40, rows: 10 }));
  expect(lines[1]).toBe("api (pid 812) holds 38 sockets in");
  expect(lines.some((line) => line.startsWith("some processes could not be read"))).toBe(true);
  expect(lines.some((line) => line.startsWith(">    812 api"))).toBe(true);
});

describe("the header shows the choices", () => {
  test("pause", () => {
    const frame = frameOf(leaking, { ...ui, paused: { ms: 12_000, transitions: 3412 } }, SMALL);
    expect(frame[0]?.[0]).toEqual({ text: " PAUSED 12s (+3,412) ", style: "inverse" });
  });

  test("sort, also by a hidden column", () => {
    const lines = text(frameOf(leaking, withLevel(ui, { sort: "listen", reverse: true }), SMALL));
    expect(lines.some((line) => line.includes("sort: LISTEN reversed"))).toBe(true);
  });

  test("the filter being typed, its error, and that nothing matches", () => {
    const typing = text(frameOf(leaking, filtered({ text: "ngi", typed: "ngi" }), SMALL));
    expect(typing.at(-1)).toBe("/ngi_  Enter keeps, Esc clears");
    expect(typing.some((line) => line.includes("filter: ngi"))).toBe(true);
    const wrong = text(frameOf(leaking, filtered({ typed: "port:x", error: "port:x: not a port" }), SMALL));
    expect(wrong.slice(-2)).toEqual(["port:x: not a port", "/port:x_  Enter keeps, Esc clears"]);
    const none = text(frameOf({ ...leaking, processes: [] }, filtered({ text: "zzz" }), SMALL));
    expect(none).toContain("no process matches the filter (Esc clears it)");
  });
});

describe("sorting", () => {
  const rows = [1, 3, 2].map((number) => processRow({ pid: number, comm: `p${number}`, listen: number }));
  const order = (change: Partial<Level>): readonly number[] =>
    pidsOf(listOf(snapshot({ processes: rows }), withLevel(ui, change), SMALL));

  test("keeps the snapshot's order, or sorts words from A and numbers from the largest, or reverses", () => {
    expect(order({})).toEqual([1, 3, 2]);
    expect(order({ reverse: true })).toEqual([2, 3, 1]);
    expect(order({ sort: "comm" })).toEqual([1, 2, 3]);
    expect(order({ sort: "listen" })).toEqual([3, 2, 1]);
    expect(order({ sort: "listen", reverse: true })).toEqual([1, 2, 3]);
  });

  test("puts unknown values last", () => {
    const processes = [processRow({ pid: 1 }), processRow({ pid: 2, fdUsed: 5 })];
    expect(pidsOf(listOf(snapshot({ processes }), withLevel(ui, { sort: "fds" }), SMALL))).toEqual([2, 1]);
  });

  test("can be by every column", () => {
    for (const { id } of PROCESS_TABLE.columns) expect(order({ sort: id })).toHaveLength(3);
  });
});

describe("a long list", () => {
  const processes = Array.from({ length: 5000 }, (_, index) => processRow({ pid: index + 1 }));
  const many = snapshot({ processes, unowned: unowned({ closeWait: 1 }) });

  test("shows the rows around the cursor, and always the unowned row", () => {
    const lines = text(frameOf(many, withLevel(ui, { key: "2500" }), SMALL));
    expect(lines.some((line) => line.startsWith(">   2500 p2500"))).toBe(true);
    expect(lines.some((line) => line.startsWith("       - (unowned)"))).toBe(true);
    expect(lines).toHaveLength(24);
  });

  test("a page is one screen of rows", () => {
    const lines = text(frameOf(many, ui, SMALL));
    expect(lines.filter((line) => /^[> ] +\d+ p\d+/.test(line))).toHaveLength(listOf(many, ui, SMALL).page);
  });

  test("ends at its last row", () => {
    const lines = text(frameOf(many, withLevel(ui, { key: "5000" }), SMALL));
    const last = lines.findIndex((line) => line.startsWith(">   5000"));
    expect(lines[last + 1]).toContain("(unowned)");
  });

  test("ends with the unowned row, which opens", () => {
    const list = listOf(many, ui, SMALL);
    expect(list.length).toBe(5001);
    expect(list.opens(list.length - 1)).toEqual({ kind: "unowned" });
    const key = list.keyAt(list.length - 1);
    const lines = text(frameOf(many, withLevel(ui, { key }), SMALL));
    expect(lines.filter((line) => line.startsWith(">"))).toEqual([expect.stringContaining("- (unowned)")]);
    expect(lines.some((line) => line.startsWith("    5000 p5000") || line.startsWith("    5000"))).toBe(true);
  });
});

describe("help", () => {
  test("names every key", () => {
    const lines = text(frameOf(leaking, { ...ui, help: 0 }, { columns: 160, rows: 60 })).join("\n");
    for (const { label, help, isOn } of KEYMAP) {
      if (isOn?.(ui) === false) continue;
      expect(lines).toContain(label);
      expect(lines).toContain(help);
    }
  });

  test("can be scrolled to its end on a small terminal", () => {
    const frame = frameOf(leaking, { ...ui, help: 2 * KEYMAP.length }, { columns: 80, rows: 10 });
    expect(text(frame).at(-1)).toBe("  ? Esc q close");
    expect(text(frame).at(0)).toContain("tcptrace is read-only");
    expect(text(frameOf(leaking, { ...ui, help: 0 }, { columns: 80, rows: 10 })).at(-1)).toBe("  down for more");
  });
});

const anyPlace: fc.Arbitrary<Place | null> = fc.option(
  fc.oneof(
    fc.record({ kind: fc.constant("process" as const), pid: fc.nat(), name: anyName }),
    fc.record({ kind: fc.constant("group" as const), by: fc.constantFrom("command", "listener"), name: anyName }),
    fc.record({ kind: fc.constant("socket" as const), id: fc.nat(9) }),
    fc.record({ kind: fc.constant("finding" as const), key: anyName }),
    fc.constant({ kind: "messages" as const }),
  ),
  { nil: null },
);
const anyLevel = fc.record({
  key: fc.option(fc.oneof(fc.nat(30).map(String), anyName), { nil: null }),
  index: fc.nat(30),
  sort: fc.option(fc.constantFrom(...PROCESS_TABLE.columns.map(({ id }) => id), "age", "remote"), { nil: null }),
  reverse: fc.boolean(),
  isFollowing: fc.boolean(),
});
const anyUi: fc.Arbitrary<TopUi> = fc
  .tuple(
    fc.record({
      tab: fc.constantFrom(...TABS.map(({ id }) => id)),
      filter: fc.record({
        text: fc.string({ maxLength: 60 }),
        typed: fc.option(fc.string({ maxLength: 60 }), { nil: null }),
        error: fc.string({ maxLength: 100 }),
      }),
      onlySuspicious: fc.boolean(),
      grouping: fc.option(fc.constantFrom("command" as const, "destination" as const), { nil: null }),
      help: fc.option(fc.nat(30), { nil: null, freq: 5 }),
      paused: fc.option(fc.record({ ms: fc.nat(), transitions: fc.nat() }), { nil: null }),
      player: fc.option(fc.record({ typed: fc.option(fc.string({ maxLength: 20 }), { nil: null }) }), { nil: null }),
      intervalMs: fc.constantFrom(250, 1000, 10_000),
      status: fc.oneof(fc.constant(""), fc.string({ unit: "binary", maxLength: 100 })),
    }),
    anyPlace,
    anyLevel,
  )
  .map(([fields, place, level]) => {
    const state = { ...ui, ...fields };
    return withLevel(place === null ? state : goInto(state, place), level);
  });

/** Finds the lines that do not fit into a terminal. A line that was measured once is not measured again. */
function newRuler(): (frame: Frame, size: Size) => string[] {
  const widths = new Map<string, number>();
  const measured = (line: string): number => {
    const width = widths.get(line) ?? stringWidth(line);
    widths.set(line, width);
    return width;
  };
  return (frame, { columns, rows }) =>
    frame.map((line) => lineText(line)).filter((line, index) => index >= rows || measured(line) > columns);
}

test("anything in any state fits any terminal", () => {
  fc.assert(
    fc.property(
      anyData,
      anyUi,
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 100 }),
      (data, state, columns, rows) => {
        const frame = topFrame(data(state), state, { columns, rows });
        expect(newRuler()(frame, { columns, rows })).toEqual([]);
        expect(frame.map((line) => lineText(line)).join("")).not.toMatch(/\p{Cc}/u);
      },
    ),
    { numRuns: 400 },
  );
});

test("any name is shown as visible text", () => {
  fc.assert(
    fc.property(anyName, anyName, (comm, cmdline) => {
      fc.pre(stringWidth(comm) <= 15 && comm !== "" && stringWidth(cmdline) <= 60 && cmdline !== "");
      const frame = frameOf(snapshot({ processes: [processRow({ pid: 7, comm, cmdline })] }), ui, SMALL);
      const row = frame.find((line) => lineText(line).startsWith(">      7 "));
      expect(row?.some((piece) => piece.text.trimEnd() === comm.trimEnd())).toBe(true);
      expect(frame.some((line) => line[0]?.text === "pid 7: " && line[1]?.text === cmdline)).toBe(true);
    }),
  );
});

test.each([
  ["of a live run", null],
  ["of a recording", { typed: null }],
])("any keys in any order, on anything %s, leave a state that draws within its size", (_, player) => {
  const named = KEYMAP.flatMap(({ keys }) => keys);
  const anyKey = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...named, "enter", "enter", "escape") },
    { weight: 1, arbitrary: fc.constantFrom("M-x", "return", "delete", "d", ":", "é", "🚀") },
  );
  const anySize = fc.record({ columns: fc.integer({ min: 1, max: 300 }), rows: fc.integer({ min: 1, max: 100 }) });
  const anyStep = fc.tuple(anyKey, anySize);
  fc.assert(
    fc.property(anyData, fc.array(anyStep, { minLength: 5, maxLength: 40 }), (data, steps) => {
      const overflowing = newRuler();
      let state: TopUi = { ...ui, player };
      for (const [key, size] of steps) {
        state = pressKey(state, key, topList(data(state), state, size)).ui;
        const frame = topFrame(data(state), state, size);
        expect(overflowing(frame, size)).toEqual([]);
        expect(copyText(data(state), state, size) ?? "").not.toMatch(/\p{Cc}/u);
      }
    }),
    { numRuns: 75 },
  );
});
