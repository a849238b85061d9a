/** What doctor found: data for its text and JSON. */
export interface DoctorReport {
  /** Whether `--source auto` takes BPF with all that it can tell. */
  readonly ok: boolean;
  /** What `--source auto` takes. */
  readonly source: "bpf" | "proc";
  /** The same for people: `bpf, full probes`. */
  readonly takes: string;
  /** The better sources, best first, and why `auto` does not take them. */
  readonly passedOver: readonly { readonly source: string; readonly reason: string; readonly fix: string | null }[];
  readonly checks: readonly DoctorCheck[];
}

/** One thing that tracing stands on. */
export interface DoctorCheck {
  readonly id: string;
  readonly ok: boolean;
  /** False: tcptrace does its work without it. */
  readonly needed: boolean;
  readonly detail: string;
  /** The command that mends it; null when nothing is wrong or no command helps. */
  readonly fix: string | null;
}
