import type { ChurnReport } from "../model/churn-report.ts";
import type { Filter } from "../model/filter.ts";
import type { Model } from "../model/model.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { takeSnapshot } from "../model/take-snapshot.ts";
import { Recording } from "../recording/reader.ts";
import type { UserName } from "../view/columns.ts";
import { Player } from "./player.ts";
import { runTopUi } from "./top-ui.ts";

export interface PlayerScreenOptions {
  readonly recording: Recording;
  readonly userName: UserName;
  /** The model as the screen shows it; null before anything is known. */
  readonly snapshot: (model: Model) => Snapshot | null;
  readonly churn: (model: Model) => ChurnReport | null;
  readonly filter: Filter;
  readonly stuckAfterMs: number;
  readonly intervalMs: number;
  readonly color: boolean;
  readonly ascii: boolean;
}

/** While something moves so fast, a slow picture would look stuck. */
const SLOWEST_PICTURE_MS = 250;

/** Plays a recording on the screen until the user quits. */
export async function showPlayer(options: PlayerScreenOptions, shutdown: AbortController): Promise<void> {
  const { recording, snapshot, churn, filter, userName, ascii, color } = options;
  const { path, isPipe } = recording;
  const player = new Player({
    recording,
    filter,
    reopen: isPipe ? null : async () => Recording.open(path, shutdown.signal),
    stuckPids: (model) => stuckPids(model, options.stuckAfterMs),
  });
  const played = player.play(shutdown.signal);
  const ended = played.catch(() => shutdown.abort("failed"));
  const screen = { ascii, color, userName, player, status: () => "" };
  const intervalMs = Math.min(options.intervalMs, SLOWEST_PICTURE_MS);
  await runTopUi(
    { ...screen, intervalMs, snapshot: () => snapshot(player.model), churn: () => churn(player.model) },
    shutdown.signal,
  );
  shutdown.abort("quit");
  await ended;
  await played;
}

function stuckPids({ tables }: Model, stuckAfterMs: number): ReadonlySet<number> {
  const { processes } = takeSnapshot(tables, stuckAfterMs);
  return new Set(processes.filter(({ stuck }) => stuck > 0).map(({ pid }) => pid));
}
