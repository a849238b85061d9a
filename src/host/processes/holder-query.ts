import type { SurveyedProcess, SurveyedSocket } from "../../model/events/survey.ts";
import type { Nanos } from "../../model/net/nanos.ts";

/** What is known before the holders are looked for. */
export interface HolderQuery {
  /** All processes. */
  readonly pids: readonly number[];
  /** The rows of the TCP tables. */
  readonly sockets: readonly SurveyedSocket[];
  /** When the tables were read. */
  readonly at: Nanos;
  /** Whether to believe nothing that was known before. */
  readonly exact?: boolean;
}

/** A set of inodes, whatever else is known of each. */
export type Inodes = ReadonlySet<number> | ReadonlyMap<number, number>;

export interface FoundHolders {
  readonly processes: readonly SurveyedProcess[];
  /** Processes whose descriptors may not be read. */
  readonly unreadable: readonly number[];
  /** Sockets that had a row in the last survey and have none in this one, though somebody still holds them. */
  readonly rowless: readonly number[];
}

/** The sockets that somebody may hold. */
export function inodesOf(sockets: readonly SurveyedSocket[]): Set<number> {
  const inodes = new Set<number>();
  for (const { inode } of sockets) if (inode !== 0) inodes.add(inode);
  return inodes;
}
