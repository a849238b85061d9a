import { CLOSING_KNOBS } from "./closing.ts";
import type { Knob } from "./knob.ts";
import { LIMIT_KNOBS } from "./limits.ts";
import { OPENING_KNOBS } from "./opening.ts";
import { TIME_WAIT_KNOBS } from "./time-wait.ts";

/** Every setting that folklore names. */
export const KNOBS: readonly Knob[] = [...OPENING_KNOBS, ...CLOSING_KNOBS, ...TIME_WAIT_KNOBS, ...LIMIT_KNOBS];
