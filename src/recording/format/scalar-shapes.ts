import { z } from "zod";
import { safeText } from "../../base/text.ts";

/** Past these a time of the recording would be no date. */
export const LATEST_NANOS = 2 ** 63;
const LATEST_WALL_MS = 4e12;
/** 512 characters of a command line, made safe. */
const LONGEST_TEXT = 16_384;

export const nanos = z.number().min(0).max(LATEST_NANOS);
export const wallMs = z.number().min(0).max(LATEST_WALL_MS);
export const whole = z.number().int().min(0);
export const text = z.string().max(LONGEST_TEXT).transform(safeText);
export const port = z.number().int().min(0).max(65_535);
