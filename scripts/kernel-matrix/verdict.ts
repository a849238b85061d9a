/** What came out of one cell. */
export interface Verdict {
  readonly cell: string;
  /** In place of figures; "" for nothing. */
  readonly note: string;
  readonly figures: Figures | null;
  /** Empty when all is right. */
  readonly complaints: readonly string[];
}

export interface Figures {
  /** Transitions of the workload: those that were seen, and those that it made. */
  readonly seen: number;
  readonly made: number;
  /** Of those seen: by the right process, and found again after the kernel skipped them. */
  readonly right: number;
  readonly found: number;
  /** As tcptrace says. */
  readonly lost: number;
  /** Mini-sockets; null where tcptrace cannot know. */
  readonly timeWait: number | null;
  /** Ends at which the rules were compared with tcp_time_wait(); null where it is not traced. */
  readonly exact: number | null;
  readonly startMs: number;
}

/** A cell that did not come to figures. */
export function failed(cell: string, complaint: string): Verdict {
  return { cell, note: "", figures: null, complaints: [complaint] };
}
