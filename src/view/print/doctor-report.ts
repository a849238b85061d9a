/** The result of doctor, for its text and JSON. */
export interface DoctorReport {
  /** Whether `--source auto` uses BPF with full detail. */
  readonly ok: boolean;
  /** What `--source auto` uses. */
  readonly source: "bpf" | "proc";
  /** The same for people: `bpf, full probes`. */
  readonly takes: string;
  /** The better sources, best first, and why `auto` does not use them. */
  readonly passedOver: readonly { readonly source: string; readonly reason: string; readonly fix: string | null }[];
  readonly checks: readonly DoctorCheck[];
}

/** One requirement of tracing. */
export interface DoctorCheck {
  readonly id: string;
  readonly ok: boolean;
  /** False: tcptrace works without it. */
  readonly needed: boolean;
  readonly detail: string;
  /** The command that fixes it; null when nothing is wrong or no command helps. */
  readonly fix: string | null;
}
