import type { SysctlName } from "../../model/net/sysctl.ts";

/** What a finding's id is told of a setting: why changing it helps, or why it does not. */
export type Verdicts = Readonly<Record<string, string>>;

/** A setting that folklore names as a cure. */
export interface SysctlAdvice {
  readonly name: SysctlName | "RLIMIT_NOFILE";
  /** Findings that are about nothing else. */
  readonly aliases?: readonly string[];
  /** The kernel's own default, as sysctl(8) prints it, or in words where it depends on the machine. */
  readonly default: string;
  /** What it really does. */
  readonly does: string;
  /** By a finding's id. */
  readonly helps: Verdicts;
  readonly refusals: Verdicts;
  /** What is said of it and is wrong, or where it does harm. */
  readonly myth: string;
  readonly sources: readonly string[];
}
