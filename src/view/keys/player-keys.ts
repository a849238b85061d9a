import { parseDurationMs } from "../../base/duration.ts";
import type { Binding, Pressed } from "../state/key-binding.ts";
import type { JumpTarget, PlayerCommand } from "../state/player-ui.ts";
import type { TopUi } from "../state/top-ui.ts";

const LONGEST_MOMENT = 20;

/** The keys of a recording's player; they take precedence over those of the live view. */
export const PLAYER_KEYMAP: readonly Binding[] = [
  key(["p", "space"], "p space", "pause, resume", "pause", { do: "pause" }),
  key(["."], ".", "pause and step to the next transition", "step", { do: "step" }),
  key(["]"], "]", "faster, up to 100x", "faster", { do: "faster" }),
  key(["["], "[", "slower, down to 1x", "slower", { do: "slower" }),
  {
    keys: ["J"],
    label: "J",
    help: "jump to a time: 22:14:07 (UTC), +30s, -5m",
    hint: "jump",
    press: (ui) => ({ ui: { ...ui, player: { typed: "" } } }),
  },
  key(["L"], "L", "jump to the next loss or gap", "loss", { do: "next-loss" }),
  key(["N"], "N", "jump to the next process with stuck sockets", "next stuck", { do: "next-stuck" }),
  key(["E"], "E", "jump to the end", undefined, { do: "end" }),
];

function key(
  keys: readonly string[],
  label: string,
  help: string,
  hint: string | undefined,
  command: PlayerCommand,
): Binding {
  const binding = { keys, label, help, press: (ui: TopUi): Pressed => ({ ui, command }) };
  return hint === undefined ? binding : { ...binding, hint };
}

/** A key while a time is typed. */
export function typeMoment(ui: TopUi, typed: string, name: string): Pressed {
  const done = { ...ui, player: { typed: null } };
  if (name === "escape") return { ui: done };
  if (name === "backspace") return { ui: { ...ui, player: { typed: typed.slice(0, -1) } } };
  if (name === "enter" || name === "return") {
    const to = parseMoment(typed);
    // An invalid time stays open for editing.
    return to === null ? { ui } : { ui: done, command: { do: "jump", to } };
  }
  const isPart = /^[0-9:+.hms-]$/.test(name) && typed.length < LONGEST_MOMENT;
  return { ui: isPart ? { ...ui, player: { typed: typed + name } } : ui };
}

/** `22:14` or `22:14:07` on the clock; `+30s`, `-5m` relative to now. Null for anything else. */
export function parseMoment(text: string): JumpTarget | null {
  const [, hours, minutes, seconds = "0"] = /^(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d{1,6})?))?$/.exec(text) ?? [];
  if (hours !== undefined && minutes !== undefined) {
    const clock = { hours: Number(hours), minutes: Number(minutes), seconds: Number(seconds) };
    return clock.hours < 24 && clock.minutes < 60 && clock.seconds < 60 ? { kind: "clock", ...clock } : null;
  }
  const ms = /^[+-]/.test(text) ? parseDurationMs(text.slice(1)) : null;
  if (ms === null) return null;
  return { kind: "by", ms: text.startsWith("-") ? -ms : ms };
}
