/**
 * If tcp_time_wait() was traced: compares what it was called for with the rules that work without it. They must agree
 * at the end of every socket. Only if the kernel may skip probes may a call be missing.
 */
import { type Losses, mostMissing } from "./losses.ts";
import { type Cause, causeOf } from "../../src/model/events/cause.ts";
import { TCP, type TcpState } from "../../src/model/net/tcp-state.ts";
import { Recording } from "../../src/recording/read/reader.ts";

const LEFT = { [TCP.TIME_WAIT]: "TIME_WAIT", [TCP.FIN_WAIT2]: "FIN_WAIT2", none: "nothing" } as const;

/** Returns the number of ends compared; null if it was not traced. */
export async function judgeRules(file: string, losses: Losses, complaints: string[]): Promise<number | null> {
  const { signal } = new AbortController();
  const recording = await Recording.open(file, signal);
  let compared = 0;
  let excused = mostMissing(losses);
  for await (const batch of recording.events(signal)) {
    for (const event of batch) {
      if (event.kind !== "transition" || event.to !== TCP.CLOSE) continue;
      const { evidence } = event;
      if (evidence === null || evidence.left === "unknown") continue;
      compared++;
      const byRules = leftBy(event.from, causeOf({ ...event, evidence: { ...evidence, left: "unknown" } }));
      const traced = LEFT[evidence.left];
      if (traced === byRules || (traced === "nothing" && excused-- > 0)) continue;
      complaints.push(`tcp_time_wait() says ${traced}, the rules ${byRules}: ${JSON.stringify(event)}`);
    }
  }
  return compared === 0 ? null : compared;
}

function leftBy(from: TcpState, cause: Cause | null): (typeof LEFT)[keyof typeof LEFT] {
  if (cause === "time-wait") return "TIME_WAIT";
  return from === TCP.FIN_WAIT2 && cause === "close" ? "FIN_WAIT2" : "nothing";
}
