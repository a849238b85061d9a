// The lines of `tcptrace events --json`, as far as scripts use them.
import { z } from "zod";

export const TransitionLine = z.object({
  type: z.literal("transition"),
  local: z.string().nullable(),
  remote: z.string().nullable(),
  from: z.string(),
  to: z.string(),
  pid: z.number().nullable(),
  cause: z.string().nullable(),
});
export type TransitionLine = z.infer<typeof TransitionLine>;

export const SummaryLine = z.object({
  type: z.literal("summary"),
  transitions: z.number(),
  lost: z.number(),
  total: z.number().nullable(),
  changes: z.array(z.object({ from: z.string().nullable(), to: z.string().nullable(), count: z.number() })),
});
export type SummaryLine = z.infer<typeof SummaryLine>;

/** The start of every transition line. */
export const TRANSITION_LINE = /^\{"type":"transition"/;
