import { formatDuration } from "../../base/quantity.ts";
import { clock } from "../format/format.ts";

/** What a key asks of the player of a recording. */
export type PlayerCommand =
  | { readonly do: "pause" | "step" | "faster" | "slower" | "end" | "next-loss" | "next-stuck" }
  | { readonly do: "jump"; readonly to: JumpTarget };

/** A moment of the recording: of its clock (UTC), or so long after (before, where negative) the moment on the screen. */
export type JumpTarget =
  | { readonly kind: "clock"; readonly hours: number; readonly minutes: number; readonly seconds: number }
  | { readonly kind: "by"; readonly ms: number };

/** What the person at the keyboard has under way with the player. */
export interface PlayerUi {
  /** The moment being typed; null when none is. */
  readonly typed: string | null;
}

/** How fast the recording can run. */
export const SPEEDS: readonly number[] = [1, 2, 5, 10, 20, 50, 100];

/** What the player is at. */
export interface PlayerState {
  readonly state: "waiting" | "playing" | "paused" | "jumping" | "ended";
  readonly speed: number;
  /** Milliseconds after the Unix epoch on the recording's clock, and since its begin; null before the first event. */
  readonly wallMs: number | null;
  readonly elapsedMs: number;
  /** Said once something could not be done; "" when there is nothing to say. */
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

/** `PAUSED 4x  2026-05-01 22:14:07 UTC  1m12s from the begin`. */
export function playerStatus(player: PlayerState, { typed }: PlayerUi): string {
  if (typed !== null) return `jump to (HH:MM:SS UTC, +30s, -5m): ${typed}_`;
  const { state, speed, wallMs, elapsedMs, note } = player;
  const parts = [state === "playing" || state === "paused" ? `${WORDS[state]} ${speed}x` : WORDS[state]];
  if (wallMs !== null) parts.push(clock(wallMs), `${formatDuration(elapsedMs)} from the begin`);
  if (note !== "") parts.push(note);
  return parts.join("  ");
}
