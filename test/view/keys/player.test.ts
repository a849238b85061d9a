import { describe, expect, test } from "vitest";
import { PLAYER_KEYMAP, parseMoment } from "#src/view/keys/player-keys.ts";
import { playerStatus } from "#src/view/state/player-ui.ts";
import { helpFrame } from "#src/view/keys/top-help.ts";
import { keymapOf, pressKey } from "#src/view/keys/top-keys.ts";
import { initialUi } from "#src/view/screen/tabs.ts";
import type { TopUi } from "#src/view/state/top-ui.ts";
import { NO_LIST as list } from "#src/view/state/top-list.ts";

const live = initialUi(1000);
const ui: TopUi = { ...live, player: { typed: null } };

describe("a time to jump to", () => {
  test.each([
    ["22:14", { kind: "clock", hours: 22, minutes: 14, seconds: 0 }],
    ["7:01:59.5", { kind: "clock", hours: 7, minutes: 1, seconds: 59.5 }],
    ["+30s", { kind: "by", ms: 30_000 }],
    ["-5m", { kind: "by", ms: -300_000 }],
    ["24:00", null],
    ["12:60", null],
    ["30s", null],
    ["", null],
    ["--5m", null],
  ])("%s", (text, target) => {
    expect(parseMoment(text)).toEqual(target);
  });

  test("is typed, corrected, cancelled and sent", () => {
    const type = (...keys: readonly string[]): ReturnType<typeof pressKey> => {
      let pressed = pressKey(ui, "J", list);
      for (const key of keys) pressed = pressKey(pressed.ui, key, list);
      return pressed;
    };
    expect(type("+", "3", "4", "backspace", "s").ui.player).toEqual({ typed: "+3s" });
    expect(type("+", "3", "s", "enter")).toEqual({ ui, command: { do: "jump", to: { kind: "by", ms: 3000 } } });
    // No moment yet: it stays to be mended, and q is no letter of one.
    expect(type("9", "q", "enter")).toEqual({ ui: { ...ui, player: { typed: "9" } } });
    expect(type("9", "escape").ui).toEqual(ui);
    expect(type("C-c").effect).toBe("quit");
    expect(type(...Array.from({ length: 500 }, () => "9")).ui.player?.typed?.length).toBeLessThan(40);
  });
});

describe("the keys of a recording", () => {
  test.each([
    ["p", "pause"],
    ["space", "pause"],
    [".", "step"],
    ["]", "faster"],
    ["[", "slower"],
    ["L", "next-loss"],
    ["N", "next-stuck"],
    ["E", "end"],
  ])("%s", (key, wish) => {
    expect(pressKey(ui, key, list)).toEqual({ ui, command: { do: wish } });
    expect(pressKey(live, key, list).command).toBeUndefined();
  });

  test("are in the help and on the bottom line once, only when a recording is shown", () => {
    const keys = keymapOf(ui).flatMap((binding) => binding.keys);
    expect(new Set(keys).size).toBe(keys.length);
    const help = helpFrame("", keymapOf(ui), 0, { columns: 100, rows: 60 }).flat();
    const text = help.map((span) => span.text).join("\n");
    for (const { help: words } of PLAYER_KEYMAP) expect(text).toContain(words);
    expect(text).not.toContain("tracing goes on");
    expect(keymapOf(live)).not.toContain(PLAYER_KEYMAP[0]);
  });
});

test("the status shows the player's state on the recording's clock", () => {
  const state = { state: "playing", speed: 5, wallMs: 1.7e12, elapsedMs: 72_000, note: "" } as const;
  const status = (change: object): string => playerStatus({ ...state, ...change }, { typed: null });
  expect(status({})).toBe("playing 5x  2023-11-14 22:13:20 UTC  1m12s from the start");
  expect(status({ state: "paused", note: "a pipe cannot go back" })).toMatch(/^PAUSED 5x .* a pipe cannot go back$/);
  expect(status({ state: "ended" })).toMatch(/^END of the recording/);
  expect(status({ state: "waiting", wallMs: null })).toBe("waiting for the recording");
  expect(playerStatus(state, { typed: "+3" })).toMatch(/: \+3_$/);
});
