import { ModelSource } from "./data/model-source.ts";
import { Player } from "./player.ts";
import type { ScreenOptions } from "./screen-options.ts";
import { runTopUi } from "./top-ui.ts";
import type { Filter } from "../../model/filter/filter.ts";
import { Model } from "../../model/fold/model.ts";
import { buildSnapshot } from "../../model/reports/build-snapshot.ts";
import { Recording } from "../../recording/read/reader.ts";
import type { UserName } from "../../view/format/table.ts";

export interface PlayerScreenOptions {
  readonly recording: Recording;
  readonly userName: UserName;
  readonly filter: Filter;
  readonly stuckAfterMs: number;
  readonly intervalMs: number;
  readonly screen: ScreenOptions;
}

/** Playback refreshes at least this often: with a longer interval it would look stuck. */
const SLOWEST_FRAME_MS = 250;

/** Plays a recording on the screen until the user quits. */
export async function showPlayer(options: PlayerScreenOptions, shutdown: AbortController): Promise<void> {
  const { recording, filter, userName, stuckAfterMs } = options;
  const { path, isPipe } = recording;
  const source = new ModelSource(new Model(filter), stuckAfterMs);
  const player = new Player({
    recording,
    filter,
    watch: (model) => source.attach(model),
    reopen: isPipe ? null : async () => Recording.open(path, shutdown.signal),
    stuckPids: (model) => stuckPids(model, stuckAfterMs),
  });
  const played = player.play(shutdown.signal);
  const ended = played.catch(() => shutdown.abort("failed"));
  const host = recording.header?.host ?? "";
  const screen = { ...options.screen, userName, player, host };
  const intervalMs = Math.min(options.intervalMs, SLOWEST_FRAME_MS);
  await runTopUi({ ...screen, intervalMs, source, filter }, shutdown.signal);
  shutdown.abort("quit");
  await ended;
  await played;
}

function stuckPids({ tables }: Model, stuckAfterMs: number): ReadonlySet<number> {
  const { processes } = buildSnapshot(tables, stuckAfterMs);
  return new Set(processes.filter(({ stuck }) => stuck > 0).map(({ pid }) => pid));
}
