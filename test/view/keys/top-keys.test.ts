import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TopList } from "#src/view/state/top-list.ts";
import { KEYMAP, pressKey } from "#src/view/keys/top-keys.ts";
import { PROCESS_TABLE } from "#src/view/words/columns.ts";
import { initialUi } from "#src/view/screen/tabs.ts";
import { TABS } from "#src/view/screen/views.ts";
import { goInto, type Level, levelOf, type TopUi } from "#src/view/state/top-ui.ts";
import { NO_LIST } from "#src/view/state/top-list.ts";

const listOf = (pids: readonly number[]): TopList => ({
  length: pids.length,
  keyAt: (index) => (pids[index] === undefined ? null : String(pids[index])),
  indexOf: (key) => pids.indexOf(Number(key)),
  page: 2,
  opens: (index) => (pids[index] === undefined ? null : { kind: "process", pid: pids[index], name: "x" }),
  isText: false,
});
const list = listOf([10, 20, 30, 40, 50]);
const start = initialUi(1000);
const at = (ui: TopUi): Level => levelOf(ui);
const pidOf = (ui: TopUi): number | null => (at(ui).key === null ? null : Number(at(ui).key));
const press = (keys: readonly string[], from: TopUi = start): TopUi =>
  keys.reduce((ui, key) => pressKey(ui, key, list).ui, from);

test.each(["q", "f10", "C-c"])("%s quits", (key) => {
  expect(pressKey(start, key, list).effect).toBe("quit");
});

test("no key does anything to a process", () => {
  expect(new Set(KEYMAP.flatMap(({ keys }) => keys.map((key) => pressKey(start, key, list).effect)))).toEqual(
    new Set([undefined, "quit", "redraw", "suspend", "zero", "theme", "mouse", "save", "write", "record", "copy"]),
  );
});

test("no key has two meanings", () => {
  const keys = KEYMAP.flatMap((binding) => binding.keys);
  expect(new Set(keys).size).toBe(keys.length);
});

describe("help", () => {
  test.each(["?", "h", "f1"])("%s opens it", (key) => {
    expect(press([key]).help).toBe(0);
  });

  test.each(["?", "h", "f1", "escape", "q"])("%s closes it and does nothing else", (key) => {
    const open = press(["?"], { ...start, onlySuspicious: true });
    expect(pressKey(open, key, list)).toEqual({ ui: { ...open, help: null } });
  });

  test("scrolls, and other keys wait", () => {
    expect(press(["?", "j", "down", "k"]).help).toBe(1);
    expect(press(["?", "r", "s", "p"])).toEqual({ ...start, help: 0 });
    expect(pressKey(press(["?"]), "C-c", list).effect).toBe("quit");
  });
});

describe("the cursor", () => {
  test.each([
    [["j"], 20],
    [["down", "down"], 30],
    [["down", "k"], 10],
    [["up"], 10],
    [["pagedown"], 30],
    [["C-f", "C-b"], 10],
    [["end"], 50],
    [["G", "down"], 50],
    [["G", "pageup"], 30],
  ])("after %j is on pid %d", (keys, pid) => {
    expect(pidOf(press(keys))).toBe(pid);
  });

  test("stays on the first row until it is moved, then follows its process", () => {
    const on30 = press(["down", "down"]);
    expect(pidOf(pressKey(on30, "down", listOf([30, 10, 20])).ui)).toBe(10);
    expect(pidOf(press(["G", "g"]))).toBeNull();
  });

  test("stays where it was when its process is gone", () => {
    expect(pidOf(pressKey(press(["down", "down"]), "down", listOf([10, 20, 40, 50])).ui)).toBe(50);
  });

  test("survives an empty list", () => {
    for (const { keys } of KEYMAP) expect(() => pressKey(start, keys[0] ?? "", NO_LIST)).not.toThrow();
  });
});

test("sorting cycles through all columns", () => {
  expect(at(press(["s"])).sort).toBe("pid");
  expect(at(press([">", "<"])).sort).toBeNull();
  expect(at(press(["<"])).sort).toBe("cmdline");
  expect(at(press(["<", "s"])).sort).toBeNull();
  for (const [index, { id }] of PROCESS_TABLE.columns.entries()) {
    expect(at(press(Array.from({ length: index + 1 }, () => "s"))).sort).toBe(id);
  }
  expect(at(press(["r"])).reverse).toBe(true);
  expect(at(press(["r", "r"])).reverse).toBe(false);
});

test.each(["p", "space"])("%s pauses and goes on", (key) => {
  expect(press([key]).paused).toEqual({ ms: 0, transitions: 0 });
  expect(press([key, key]).paused).toBeNull();
});

test("the interval stays between 250ms and 10s", () => {
  expect(press(["+"]).intervalMs).toBe(2000);
  expect(press(["-", "-", "-", "-"]).intervalMs).toBe(250);
  expect(press(["+", "+", "+", "+", "+"]).intervalMs).toBe(10_000);
  expect(press(["-"], initialUi(1500)).intervalMs).toBe(1000);
});

describe("the filter", () => {
  test("is typed, corrected, kept and cleared", () => {
    const typed = press(["/", "n", "g", "x", "backspace", "space", "q"]).filter;
    expect(typed).toEqual({ text: "ng q", typed: "ng q", error: "" });
    expect(press(["/", "n", "enter"]).filter).toEqual({ text: "n", typed: null, error: "" });
    expect(press(["/", "n", "enter", "/", "g"]).filter.text).toBe("ng");
    expect(press(["/", "n", "escape"]).filter).toEqual(start.filter);
    expect(press(["/", "n", "enter", "escape"]).filter).toEqual(start.filter);
  });

  test("shows the error as it is typed, and the last valid one applies", () => {
    const half = press(["/", ...Array.from("dport:443 port:x")]);
    expect(half.filter).toMatchObject({ text: "dport:443 port", typed: "dport:443 port:x" });
    expect(half.filter.error).toContain("must be 1 to 65535");
    expect(press(["enter"], half)).toEqual(half);
    expect(press(["backspace", "8", "0", "enter"], half).filter).toEqual({
      text: "dport:443 port:80",
      typed: null,
      error: "",
    });
  });

  test("lets the arrows and Ctrl-C through", () => {
    expect(pidOf(press(["/", "down"]))).toBe(20);
    expect(pressKey(press(["/"]), "C-c", list).effect).toBe("quit");
  });
});

describe("the views", () => {
  test.each(TABS.map(({ id }, index) => [String(index + 1), id]))("%s shows %s", (key, tab) => {
    expect(at(press([key])).place).toEqual({ kind: "tab", tab });
  });

  test("Tab cycles forward, Shift-Tab back", () => {
    const round = TABS.map((_, index) => press(Array.from({ length: index + 1 }, () => "tab")).tab);
    expect(round).toEqual(["stuck", "timeWait", "live", "findings", "processes"]);
    expect(press(["S-tab"]).tab).toBe("findings");
  });

  test("Enter opens what is under the cursor, Esc goes back to it", () => {
    const inside = press(["j", "enter"]);
    expect(at(inside).place).toEqual({ kind: "process", pid: 20, name: "x" });
    expect(pidOf(press(["escape"], inside))).toBe(20);
    expect(press(["3"], inside).deeper).toEqual([]);
    expect(at(press(["1"], press(["3"], press(["j"])))).key).toBe("20");
  });

  test("Enter on nothing does nothing", () => {
    expect(pressKey(start, "enter", NO_LIST).ui).toEqual(start);
  });

  test("the depth is limited", () => {
    let ui = start;
    for (let times = 0; times < 50; times++) ui = goInto(ui, { kind: "socket", id: times });
    expect(ui.deeper.length).toBeLessThan(10);
  });

  test("t cycles through the groupings and back to processes", () => {
    const seen = [1, 2, 3, 4, 5, 6].map((times) => press(Array.from({ length: times }, () => "t")).grouping);
    expect(seen).toEqual(["command", "unit", "container", "destination", "listener", null]);
    expect(press(["2", "t"]).grouping).toBeNull();
  });

  test("a shows only suspicious rows, f follows a row, ! opens the messages", () => {
    expect(press(["a"]).onlySuspicious).toBe(true);
    expect(press(["a", "a"]).onlySuspicious).toBe(false);
    expect(at(press(["f"]))).toMatchObject({ isFollowing: true, key: "10" });
    expect(at(press(["f", "j"]))).toMatchObject({ isFollowing: false, key: "20" });
    expect(at(press(["4"])).isFollowing).toBe(true);
    expect(at(press(["4", "k"])).isFollowing).toBe(false);
    expect(at(press(["4", "k", "enter", "escape"])).isFollowing).toBe(false);
    expect(at(press(["4", "k", "1", "4"])).isFollowing).toBe(true);
    expect(at(press(["!", "!"])).place.kind).toBe("messages");
    expect(at(press(["!", "escape"])).place).toEqual({ kind: "tab", tab: "processes" });
  });

  test.each([
    ["z", "zero"],
    ["w", "write"],
    ["e", "record"],
    ["y", "copy"],
  ])("%s asks the program to %s", (key, effect) => {
    expect(pressKey(start, key, list)).toEqual({ ui: start, effect });
  });
});

test("any keys in any order leave a valid state", () => {
  const anyKey = fc.oneof(
    fc.constantFrom(...KEYMAP.flatMap(({ keys }) => keys)),
    fc.string({ maxLength: 2 }),
    fc.constantFrom("enter", "backspace", "tab", "M-x"),
  );
  fc.assert(
    fc.property(fc.array(anyKey, { maxLength: 60 }), (keys) => {
      const ui = press(keys);
      expect(at(ui).index).toBeGreaterThanOrEqual(0);
      expect(at(ui).index).toBeLessThan(5);
      expect(ui.intervalMs).toBeGreaterThanOrEqual(250);
      expect(ui.intervalMs).toBeLessThanOrEqual(10_000);
    }),
  );
});
