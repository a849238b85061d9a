import { UserError } from "../../base/errors.ts";
import type { EventInput } from "./event-input.ts";
import { say } from "./output.ts";
import type { Filter } from "../../model/filter/filter.ts";
import { Model } from "../../model/fold/model.ts";
import type { Tables } from "../../model/fold/tables.ts";

/**
 * Folds what happens for the asked milliseconds; when none were asked for, the usual time, or a recording to its end. Ctrl-C
 * ends it sooner. Says meanwhile where the events come from. Null when the reader of stdout has gone, or Ctrl-C has
 * come, before anything was seen; throws UserError when nothing was.
 */
export async function watch(
  input: EventInput,
  { asked, usual }: { readonly asked: number | null; readonly usual: number },
  shutdown: AbortController,
  timeWaitFilter?: Filter,
): Promise<Tables | null> {
  const model = new Model(timeWaitFilter);
  const { tables } = model;
  const durationMs = asked ?? (input.recording === null ? usual : Infinity);
  let detail = "";
  for await (const batch of input.events(shutdown.signal)) {
    for (const event of batch) {
      model.fold(event);
      if (event.kind === "source" && event.detail !== detail) say((detail = event.detail));
      const { tracingSince, isSeeded, now } = tables;
      if (!isSeeded || tracingSince === null || now - tracingSince < durationMs * 1e6) continue;
      // A live source ends with a last look at /proc.
      shutdown.abort("done");
      if (input.recording !== null) break;
    }
  }
  if (tables.surveys > 0) return tables;
  if (shutdown.signal.reason === "EPIPE") return null;
  if (input.recording === null && shutdown.signal.aborted) {
    say("ended before anything was seen");
    return null;
  }
  throw new UserError("nothing-seen", "ended before anything was seen", "let it run for some seconds");
}
