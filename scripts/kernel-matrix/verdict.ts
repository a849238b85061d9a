/** The result of one cell. */
export interface Verdict {
  readonly cell: string;
  /** Printed instead of figures; may be empty. */
  readonly note: string;
  readonly figures: Figures | null;
  /** Empty if the cell passed. */
  readonly complaints: readonly string[];
}

export interface Figures {
  /** Transitions reported, and transitions the workload caused. */
  readonly seen: number;
  readonly made: number;
  /** Reported transitions with the right process, and those skipped by the kernel and restored. */
  readonly right: number;
  readonly found: number;
  /** As reported by tcptrace. */
  readonly lost: number;
  /** Mini-sockets; null if the probes cannot see them. */
  readonly timeWait: number | null;
  /** Number of ends at which the rules were compared with tcp_time_wait(); null if it is not traced. */
  readonly exact: number | null;
  readonly startMs: number;
}

/** A cell that failed before it had figures. */
export function failed(cell: string, complaint: string): Verdict {
  return { cell, note: "", figures: null, complaints: [complaint] };
}
