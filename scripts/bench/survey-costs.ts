import { z } from "zod";

/** What each survey of a run has cost in seconds of CPU, the sockets it saw, and how often a process was found to hold one. */
export const SurveyCosts = z.array(z.object({ seconds: z.number(), sockets: z.number(), held: z.number() }));
export type SurveyCosts = z.infer<typeof SurveyCosts>;
