import { formatDuration } from "../../base/quantity.ts";
import { clock } from "../format/format.ts";

/** What a key asks of the player. */
export type PlayerCommand =
  | { readonly do: "pause" | "step" | "faster" | "slower" | "end" | "next-loss" | "next-stuck" }
  | { readonly do: "jump"; readonly to: JumpTarget };

/** A time in the recording: on its clock (UTC), or relative to the time on the screen. */
export type JumpTarget =
  | { readonly kind: "clock"; readonly hours: number; readonly minutes: number; readonly seconds: number }
  | { readonly kind: "by"; readonly ms: number };

/** What the user is typing to the player. */
export interface PlayerUi {
  /** The time being typed; null when none is. */
  readonly typed: string | null;
}

/** The playback speeds. */
export const SPEEDS: readonly number[] = [1, 2, 5, 10, 20, 50, 100];

/** The state of the player. */
export interface PlayerState {
  readonly state: "waiting" | "playing" | "paused" | "jumping" | "ended";
  readonly speed: number;
  /** Milliseconds after the Unix epoch on the recording's clock; null before the first event. */
  readonly wallMs: number | null;
  readonly elapsedMs: number;
  /** Why the last command failed; "" when it did not. */
  readonly note: string;
}

export interface PlayerControls {
  press(command: PlayerCommand): void;
  state(): PlayerState;
}

const WORDS = {
  waiting: "waiting for the recording",
  playing: "playing",
  paused: "PAUSED",
  jumping: "jumping …",
  ended: "END of the recording (q quits, J jumps)",
} as const;

/** `PAUSED 4x  2026-05-01 22:14:07 UTC  1m12s from the start`. */
export function playerStatus(player: PlayerState, { typed }: PlayerUi): string {
  if (typed !== null) return `jump to (HH:MM:SS UTC, +30s, -5m): ${typed}_`;
  const { state, speed, wallMs, elapsedMs, note } = player;
  const parts = [state === "playing" || state === "paused" ? `${WORDS[state]} ${speed}x` : WORDS[state]];
  if (wallMs !== null) parts.push(clock(wallMs), `${formatDuration(elapsedMs)} from the start`);
  if (note !== "") parts.push(note);
  return parts.join("  ");
}
