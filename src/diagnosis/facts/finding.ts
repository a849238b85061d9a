/** `critical`: something fails now or soon; `warning`: it will fail later, or is costly; `info`: worth knowing. */
export type Severity = "critical" | "warning" | "info";

/** A number whose unit is in the key, a name or an address; null where unknown. */
export type EvidenceValue = number | string | boolean | null | readonly string[];

/** What is wrong on this machine, by its own numbers, and what to do about it. Text is safe to print. */
export interface Finding {
  /** The rule's name, such as `close-wait-leak`. */
  readonly id: string;
  readonly severity: Severity;
  /** One sentence with the process, the peer and the most important number. */
  readonly title: string;
  /** The process to check; null if the finding is about the machine, or the process is unknown. */
  readonly pid: number | null;
  readonly comm: string | null;
  readonly evidence: Readonly<Record<string, EvidenceValue>>;
  /** What helps, best first. Commands are for copying; tcptrace runs none of them. */
  readonly advice: readonly string[];
  /** What people try that does not help, or does harm. */
  readonly avoid: readonly { readonly what: string; readonly why: string }[];
  /** Sources: kernel documentation, man pages, RFCs, kernel files. */
  readonly sources: readonly string[];
}
