import type { Session } from "./session.ts";
import { userNames } from "./user-names.ts";
import type { TraceEvent } from "../../model/events/event.ts";
import { Recording } from "../../recording/read/reader.ts";
import { type SourceWish, liveSource } from "../../source/auto.ts";
import type { UserName } from "../../view/format/table.ts";

/** Where the events of a view come from: this machine or a recording. */
export interface EventInputOptions {
  readonly source: SourceWish;
  /** The file of a recording; `-` is stdin. Absent: trace this machine. */
  readonly read?: string;
}

export interface EventInput {
  events(signal: AbortSignal): AsyncIterable<readonly TraceEvent[]>;
  /** User names on the machine that the events come from. */
  readonly userName: UserName;
  /** Null when the events are live. */
  readonly recording: Recording | null;
  /** Prints on stderr which parts of a recording could not be read. */
  sayFaults(): void;
}

/** Opens the source of events. Throws UserError if a recording cannot be read. */
export async function openEvents({ source, read }: EventInputOptions, session: Session): Promise<EventInput> {
  if (read === undefined) {
    const live = liveSource(source);
    return { events: (signal) => live.events(signal), userName: userNames(), recording: null, sayFaults: () => {} };
  }
  const recording = await Recording.open(read, session.signal);
  const users = recording.header?.users;
  return {
    events: (signal) => recording.events(signal),
    userName: (uid) => users?.[String(uid)],
    recording,
    sayFaults: () => {
      const name = read === "-" ? "the recording" : read;
      for (const line of recording.faults.describe()) session.say(`${name}: ${line}`);
    },
  };
}
