import type { SysctlName } from "../../model/net/sysctl.ts";

/** By finding id: why changing a setting helps, or why it does not. */
export type Verdicts = Readonly<Record<string, string>>;

/** A setting that is often named as a cure. */
export interface SysctlAdvice {
  readonly name: SysctlName | "RLIMIT_NOFILE";
  /** Findings that are about this setting only. */
  readonly aliases?: readonly string[];
  /** The kernel's own default, as sysctl(8) prints it, or in words where it depends on the machine. */
  readonly default: string;
  /** What it really does. */
  readonly does: string;
  /** By finding id. */
  readonly helps: Verdicts;
  readonly refusals: Verdicts;
  /** A common misunderstanding about it, or the harm it does. */
  readonly myth: string;
  readonly sources: readonly string[];
}
