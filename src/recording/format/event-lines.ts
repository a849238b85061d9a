import { z } from "zod";
import type { ChangeCount } from "../../model/events/event.ts";
import { MAX_SOCKETS } from "../../model/net/limits.ts";
import { hostFigures } from "./counter-shapes.ts";
import { nanos, text, wallMs, whole } from "./scalar-shapes.ts";
import { processFacts, state } from "./shapes.ts";

/** All pairs of the thirteen states, and one count of the others. */
const MOST_CHANGES = 170;
const changeCount: z.ZodType<ChangeCount> = z.object({ from: state.nullable(), to: state.nullable(), count: whole });

function sumOf(changes: readonly ChangeCount[]): number {
  return changes.reduce((all, { count }) => all + count, 0);
}

/** The events that take one line. */
export const eventLine = z.discriminatedUnion("kind", [
  // In a file the watermark is called `complete`.
  z
    .object({ kind: z.literal("tick"), at: nanos, complete: nanos })
    .transform(({ kind, at, complete }) => ({ kind, at, watermark: complete })),
  z
    .object({
      kind: z.literal("loss"),
      at: nanos,
      count: whole,
      where: z.enum(["bpf", "kernel"]),
      changes: z.array(changeCount).max(MOST_CHANGES).exactOptional(),
    })
    .refine(({ count, changes }) => changes === undefined || sumOf(changes) === count),
  z.object({ kind: z.literal("gap"), at: nanos, from: nanos }),
  z.object({
    kind: z.literal("source"),
    at: nanos,
    source: z.enum(["bpf", "proc"]),
    ready: z.boolean(),
    detail: text,
  }),
  z.object({ kind: z.literal("anchor"), at: nanos, wallMs }),
  z.object({ kind: z.literal("process"), at: nanos, process: processFacts }),
]);

/** The number of rows of each table that follow. */
const counts = z.record(z.string(), whole.max(MAX_SOCKETS));
/** The first lines of events that have rows. `id` and `base` number the surveys: a survey may keep rows of its base. */
export const beginLine = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("survey"),
    at: nanos,
    until: nanos,
    complete: z.boolean(),
    id: whole,
    base: whole.nullable(),
    poll: z.object({ cpuMs: z.number(), intervalMs: z.number() }).optional(),
    rows: counts,
  }),
  z.object({ kind: z.literal("details"), at: nanos, askedAt: nanos, idleLeft: whole.optional(), rows: counts }),
  z.object({
    kind: z.literal("counters"),
    at: nanos,
    timeWaitsCounted: z.enum(["begun", "ended"]).optional(),
    host: hostFigures.optional(),
    rows: counts,
  }),
  z.object({
    kind: z.literal("image"),
    at: nanos,
    complete: z.boolean(),
    isSeeded: z.boolean(),
    surveys: whole,
    nextId: whole,
    missing: whole,
    told: nanos,
    detailsAt: nanos.nullable(),
    rows: counts,
  }),
]);
export type BeginLine = z.infer<typeof beginLine>;
