import type { Finding } from "../facts/finding.ts";

/** Background on a state or a setting. */
export interface Page {
  /** The name typed after `tcptrace explain`. */
  readonly topic: string;
  /** Other names, including findings. */
  readonly aliases: readonly string[];
  /** A line for the list of topics. */
  readonly title: string;
  /** What it is. */
  readonly what: readonly string[];
  /** What causes it. */
  readonly causes: readonly string[];
  readonly helps: readonly string[];
  readonly avoid: Finding["avoid"];
  readonly sources: readonly string[];
}
