import type { Session } from "./session.ts";
import { userNames } from "./user-names.ts";
import type { TraceEvent } from "../../model/events/event.ts";
import { Recording } from "../../recording/read/reader.ts";
import { type SourceWish, liveSource } from "../../source/auto.ts";
import type { UserName } from "../../view/format/table.ts";

/** Where a view's events come from: this machine, or a recording. */
export interface EventInputOptions {
  readonly source: SourceWish;
  /** A recording's file, `-` for stdin; absent: trace this machine. */
  readonly read?: string;
}

export interface EventInput {
  events(signal: AbortSignal): AsyncIterable<readonly TraceEvent[]>;
  /** Names of users where the events are from. */
  readonly userName: UserName;
  /** Null when the events are live. */
  readonly recording: Recording | null;
  /** Says on stderr what could not be read of a recording. */
  sayFaults(): void;
}

/** Opens what the options ask for. Throws UserError where a recording can't be read. */
export async function openEvents({ source, read }: EventInputOptions, session: Session): Promise<EventInput> {
  if (read === undefined) {
    const live = liveSource(source);
    return { events: (end) => live.events(end), userName: userNames(), recording: null, sayFaults: () => {} };
  }
  const recording = await Recording.open(read, session.signal);
  const users = recording.header?.users;
  return {
    events: (end) => recording.events(end),
    userName: (uid) => users?.[String(uid)],
    recording,
    sayFaults: () => {
      const name = read === "-" ? "the recording" : read;
      for (const line of recording.faults.describe()) session.say(`${name}: ${line}`);
    },
  };
}
