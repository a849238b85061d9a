import { MATCH_ALL } from "#src/model/filter/filter.ts";
import { expect, onTestFinished, test } from "vitest";
import { Player } from "#src/commands/top/player.ts";
import type { TraceEvent } from "#src/model/events/event.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import type { JumpTarget, PlayerCommand } from "#src/view/state/player-ui.ts";
import { dropped, SECOND, tick, tracing, transition } from "#test/support/events/scenario.ts";
import { openBytes, write } from "#test/support/events/recordings.ts";
import { until } from "#test/support/until.ts";

const HOUR = 3600;
const BEGIN = Date.UTC(2026, 10, 22, 22, 0, 0);

/** An hour with a connection every minute, and a loss in the middle. */
function hour(): TraceEvent[][] {
  const batches: TraceEvent[][] = [[{ kind: "anchor", at: SECOND, wallMs: BEGIN }, tracing(SECOND), tick(SECOND)]];
  for (let second = 2; second <= HOUR; second++) {
    const at = second * SECOND;
    const address = 0xc000 + second;
    const batch: TraceEvent[] = second % 60 === 0 ? [transition(at - 1, TCP.CLOSE, TCP.SYN_SENT, { address })] : [];
    if (second === HOUR / 2) batch.push(dropped(at - 1, 3));
    batches.push([...batch, tick(at)]);
  }
  return batches;
}

interface Playing {
  readonly player: Player;
  readonly press: (command: PlayerCommand["do"]) => void;
  readonly jump: (to: JumpTarget) => void;
  /** Waits until the player is in this state. */
  readonly rests: (state: string) => Promise<void>;
  /** Seconds of the recording that have been played. */
  readonly second: () => number;
}

async function play(isPipe = false): Promise<Playing> {
  const bytes = await write(hour());
  const open = async (): ReturnType<typeof openBytes> => openBytes(bytes, undefined, isPipe);
  const player = new Player({
    recording: await open(),
    filter: MATCH_ALL,
    reopen: isPipe ? null : open,
    stuckPids: () => new Set(),
  });
  const end = new AbortController();
  const played = player.play(end.signal);
  await until("the begin", () => player.state().state === "playing");
  onTestFinished(async () => {
    end.abort();
    await played;
  });
  return {
    player,
    press: (wish) => {
      if (wish !== "jump") player.press({ do: wish });
    },
    jump: (to) => player.press({ do: "jump", to }),
    rests: async (state) => {
      await until(`the player to be ${state}`, () => player.state().state === state);
    },
    second: () => Math.round(player.state().elapsedMs / 1000) + 1,
  };
}

test("a step plays one transition and pauses", async () => {
  const { player, press, rests, second } = await play();
  press("step");
  await rests("paused");
  expect([player.model.tables.counts.transitions, second()]).toEqual([1, 60]);
  press("step");
  await until("the next", () => player.model.tables.counts.transitions === 2);
  await rests("paused");
  expect(second()).toBe(120);
});

test("jumps go forward and back in time, to the next loss and to the end", async () => {
  const { player, press, jump, rests, second } = await play();
  jump({ kind: "clock", hours: 22, minutes: 10, seconds: 0 });
  await until("ten minutes", () => player.state().state === "paused" && second() === 601);
  expect(player.model.tables.counts.transitions).toBe(10);
  press("next-loss");
  await until("the loss", () => player.state().state === "paused" && player.model.tables.counts.lost === 3);
  expect(second()).toBe(HOUR / 2);
  jump({ kind: "by", ms: -20 * 60_000 });
  await until("ten minutes again", () => player.state().state === "paused" && second() === 600);
  expect([player.model.tables.counts.transitions, player.model.tables.counts.lost]).toEqual([10, 0]);
  press("end");
  await rests("ended");
  expect([player.model.tables.counts.transitions, second()]).toEqual([60, HOUR]);
  press("next-loss");
  expect(player.state()).toMatchObject({ state: "ended", note: "already at the end" });
  jump({ kind: "by", ms: -30 * 60_000 });
  await rests("paused");
  expect(second()).toBe(HOUR / 2);
});

test("jumping back in a pipe shows why it cannot", async () => {
  const { player, press, jump, rests } = await play(true);
  press("step");
  await rests("paused");
  jump({ kind: "by", ms: -30_000 });
  expect(player.state()).toMatchObject({ state: "paused", note: "a pipe cannot go back" });
});

test("speed goes from 1x to 100x and no further", async () => {
  const { player, press } = await play();
  expect(player.speed).toBe(1);
  for (let times = 0; times < 20; times++) press("faster");
  expect(player.speed).toBe(100);
  for (let times = 0; times < 20; times++) press("slower");
  expect(player.speed).toBe(1);
});
