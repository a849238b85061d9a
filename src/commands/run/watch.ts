import { UserError } from "../../base/errors.ts";
import { type EventInput, type EventInputOptions, openEvents } from "./event-input.ts";
import type { Session } from "./session.ts";
import type { Filter } from "../../model/filter/filter.ts";
import { Model } from "../../model/fold/model.ts";
import type { Tables } from "../../model/fold/tables.ts";
import type { UserName } from "../../view/format/table.ts";

/** Flags of a command that reports once. */
export interface WatchFlags {
  /** How long to watch before reporting, in milliseconds; absent: the usual time, or to the end of a recording. */
  readonly duration?: number;
}

/** The state at the end of the watch. */
export interface Seen {
  readonly tables: Tables;
  readonly userName: UserName;
}

/**
 * Folds events for the requested time, or until Ctrl-C. Returns null if Ctrl-C came, or the reader of stdout exited,
 * before the first survey; throws UserError if the source ended before that.
 */
export async function watch(
  flags: EventInputOptions & WatchFlags,
  usualMs: number,
  session: Session,
  timeWaitFilter?: Filter,
): Promise<Seen | null> {
  const input = await openEvents(flags, session);
  const durationMs = flags.duration ?? (input.recording === null ? usualMs : Infinity);
  const tables = await foldInput(input, durationMs, session, timeWaitFilter);
  input.sayFaults();
  return tables === null ? null : { tables, userName: input.userName };
}

/** Folds the events, and prints where they come from on stderr. */
export async function foldInput(
  input: EventInput,
  durationMs: number,
  { shutdown, signal, say }: Session,
  timeWaitFilter?: Filter,
): Promise<Tables | null> {
  const model = new Model(timeWaitFilter);
  const { tables } = model;
  let detail = "";
  for await (const batch of input.events(signal)) {
    for (const event of batch) {
      model.fold(event);
      if (event.kind === "source" && event.detail !== detail) say((detail = event.detail));
      const { tracingSince } = tables.source;
      if (!tables.surveys.isSeeded || tracingSince === null) continue;
      if (tables.clock.now - tracingSince < durationMs * 1e6) continue;
      // No break for a live source: it still sends a last survey of /proc.
      shutdown.abort("done");
      if (input.recording !== null) break;
    }
  }
  if (tables.surveys.count > 0) return tables;
  if (signal.reason === "EPIPE") return null;
  if (input.recording === null && signal.aborted) {
    say("stopped before anything was seen");
    return null;
  }
  throw new UserError("nothing-seen", "the source ended before anything was seen", "let it run for a few seconds");
}
