import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TopList } from "../../src/view/key-binding.ts";
import { KEYMAP, pressKey } from "../../src/view/top-keys.ts";
import { initialUi, type TopUi } from "../../src/view/top-ui.ts";

const list: TopList = { pids: [10, 20, 30, 40, 50], page: 2 };
const start = initialUi(1000);
const press = (keys: readonly string[], from: TopUi = start): TopUi =>
  keys.reduce((ui, key) => pressKey(ui, key, list).ui, from);

test.each(["q", "f10", "C-c"])("%s quits", (key) => {
  expect(pressKey(start, key, list).effect).toBe("quit");
});

test("no key does anything to a process", () => {
  expect(new Set(KEYMAP.flatMap(({ keys }) => keys.map((key) => pressKey(start, key, list).effect)))).toEqual(
    new Set([undefined, "quit", "redraw", "suspend"]),
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
    const open = { ...press(["?"]), filter: "x" };
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
    expect(press(keys).pid).toBe(pid);
  });

  test("follows its process, and the first row until it is moved", () => {
    const on30 = press(["down", "down"]);
    expect(pressKey(on30, "down", { pids: [30, 10, 20], page: 2 }).ui.pid).toBe(10);
    expect(press(["G", "g"]).pid).toBeNull();
  });

  test("stays where it was when its process is gone", () => {
    expect(pressKey(press(["down", "down"]), "down", { pids: [10, 20, 40, 50], page: 2 }).ui.pid).toBe(50);
  });

  test("survives an empty list", () => {
    for (const { keys } of KEYMAP) expect(() => pressKey(start, keys[0] ?? "", { pids: [], page: 1 })).not.toThrow();
  });
});

test("sorting goes round all columns and back", () => {
  expect(press(["s"]).sort).toBe("pid");
  expect(press([">", "<"]).sort).toBeNull();
  expect(press(["<"]).sort).toBe("cmdline");
  expect(press(["<", "s"]).sort).toBeNull();
  expect(press(["r"]).reverse).toBe(true);
  expect(press(["r", "r"]).reverse).toBe(false);
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
    expect(press(["/", "n", "g", "x", "backspace", "space", "q"])).toMatchObject({ filter: "ng q", typing: true });
    expect(press(["/", "n", "enter"])).toMatchObject({ filter: "n", typing: false });
    expect(press(["/", "n", "escape"])).toMatchObject({ filter: "", typing: false });
    expect(press(["/", "n", "enter", "escape"]).filter).toBe("");
  });

  test("lets the arrows and Ctrl-C through", () => {
    expect(press(["/", "down"]).pid).toBe(20);
    expect(pressKey(press(["/"]), "C-c", list).effect).toBe("quit");
  });
});

test("any keys in any order leave a sound state", () => {
  const anyKey = fc.oneof(
    fc.constantFrom(...KEYMAP.flatMap(({ keys }) => keys)),
    fc.string({ maxLength: 2 }),
    fc.constantFrom("enter", "backspace", "tab", "M-x"),
  );
  fc.assert(
    fc.property(fc.array(anyKey, { maxLength: 60 }), (keys) => {
      const ui = press(keys);
      expect(ui.index).toBeGreaterThanOrEqual(0);
      expect(ui.index).toBeLessThan(5);
      expect(ui.intervalMs).toBeGreaterThanOrEqual(250);
      expect(ui.intervalMs).toBeLessThanOrEqual(10_000);
    }),
  );
});
