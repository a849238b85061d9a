import { UserError } from "../errors.ts";
import { liveSource } from "./auto.ts";

/** What a real attempt to trace showed. */
export interface TrialResult {
  readonly ok: boolean;
  readonly detail: string;
  readonly fix: string | null;
}

/** Attaches for real, until a connection of tcptrace's own has been seen in the stream; then detaches. */
export async function tryTracing(signal: AbortSignal): Promise<TrialResult> {
  const end = new AbortController();
  const began = performance.now();
  let detail: string | null = null;
  try {
    for await (const batch of liveSource("bpf").events(AbortSignal.any([signal, end.signal]))) {
      for (const event of batch) {
        if (event.kind !== "source" || !event.ready) continue;
        const seconds = ((performance.now() - began) / 1000).toFixed(1);
        detail ??= `${event.detail}: attached in ${seconds} s, and saw a connection of tcptrace's own`;
        end.abort();
      }
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ok: false, detail: error.message, fix: null };
  }
  return detail === null
    ? { ok: false, detail: "ended before it was attached", fix: null }
    : { ok: true, detail, fix: null };
}
