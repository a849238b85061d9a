import { CLOSING_KNOBS } from "./closing.ts";
import type { SysctlAdvice } from "./sysctl-advice.ts";
import { LIMIT_KNOBS } from "./limits.ts";
import { OPENING_KNOBS } from "./opening.ts";
import { TIME_WAIT_KNOBS } from "./time-wait.ts";

/** Every setting that is often named as a cure. */
export const SYSCTL_ADVICE: readonly SysctlAdvice[] = [
  ...OPENING_KNOBS,
  ...CLOSING_KNOBS,
  ...TIME_WAIT_KNOBS,
  ...LIMIT_KNOBS,
];
