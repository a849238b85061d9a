import { z } from "zod";

/** CPU seconds of each survey of a run, the sockets it saw, and the holders it found. */
export const SurveyCosts = z.array(z.object({ seconds: z.number(), sockets: z.number(), held: z.number() }));
export type SurveyCosts = z.infer<typeof SurveyCosts>;
