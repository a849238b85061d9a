/** How much it hurts: `critical`: something fails now or soon; `warning`: it will, or costs much; `info`: worth knowing. */
export type Severity = "critical" | "warning" | "info";

/** A number with its unit in the key's name, a name, an address; null where it is not known. */
export type EvidenceValue = number | string | boolean | null | readonly string[];

/** What is wrong on this machine, by its own numbers, and what to do about it. Text is safe to print. */
export interface Finding {
  /** The rule's name, such as `close-wait-leak`. */
  readonly id: string;
  readonly severity: Severity;
  /** One sentence, with the process, the peer and the number that matters most. */
  readonly title: string;
  /** The process to look at; null where it is the machine, or where nobody can be named. */
  readonly pid: number | null;
  readonly comm: string | null;
  readonly evidence: Readonly<Record<string, EvidenceValue>>;
  /** What helps, the best first. Commands are for copying; tcptrace runs none of them. */
  readonly advice: readonly string[];
  /** What people try that does not help, or harms. */
  readonly avoid: readonly { readonly what: string; readonly why: string }[];
  /** Where it is written: a page of the kernel's documentation, a man page, an RFC, a kernel file. */
  readonly sources: readonly string[];
}
