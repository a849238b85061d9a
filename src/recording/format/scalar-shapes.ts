import { z } from "zod";
import { safeText } from "../../base/text.ts";

/** A time beyond these is not a valid date. */
export const LATEST_NANOS = 2 ** 63;
const LATEST_WALL_MS = 4e12;
/** Enough for 512 characters of a command line, made safe. */
const LONGEST_TEXT = 16_384;

export const nanos = z.number().min(0).max(LATEST_NANOS);
export const wallMs = z.number().min(0).max(LATEST_WALL_MS);
export const whole = z.number().int().min(0);
export const text = z.string().max(LONGEST_TEXT).transform(safeText);
export const port = z.number().int().min(0).max(65_535);
