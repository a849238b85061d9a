import type { SourceName, TraceEvent } from "../model/events/event.ts";

/**
 * Where trace events come from. `events` yields batches in order of time until `signal` aborts or the input ends, and
 * leaves nothing running. A consumer that is slow to ask for the next batch slows the source down. Throws UserError
 * when the source is unavailable.
 */
export interface Source {
  readonly name: SourceName;
  events(signal: AbortSignal): AsyncIterable<readonly TraceEvent[]>;
}
