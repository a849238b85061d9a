// From a connect() until its line is on the tracer's stdout, beside whatever load there is.
import { connect } from "node:net";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

/** Above the ephemeral ports, where nothing listens: a refused connection is two transitions toward a port of its own. */
const FIRST_PORT = 61_200;
const PORTS = 3000;
const EVERY_MS = 50;
const GIVE_UP_MS = 3000;
/** Of the end of a chunk, since a line may be cut. */
const KEPT_BYTES = 512;

/** Milliseconds for each of `count` connections; those whose line did not come in 3 s are left out. */
export async function measureLatencies(
  stdout: Readable,
  portText: (port: number) => string,
  count: number,
): Promise<number[]> {
  const waiting = new Map<string, number>();
  const found: number[] = [];
  let tail = Buffer.alloc(0);
  const read = (chunk: Buffer): void => {
    const now = performance.now();
    const bytes = Buffer.concat([tail, chunk]);
    for (const [needle, since] of waiting) {
      if (!bytes.includes(needle)) continue;
      found.push(now - since);
      waiting.delete(needle);
    }
    tail = bytes.subarray(-KEPT_BYTES);
  };
  stdout.on("data", read);
  for (let probe = 0; probe < count; probe++) {
    const port = FIRST_PORT + (probe % PORTS);
    waiting.set(portText(port), performance.now());
    connect(port, "127.0.0.1").on("error", () => {});
    await sleep(EVERY_MS);
  }
  const deadline = performance.now() + GIVE_UP_MS;
  while (waiting.size > 0 && performance.now() < deadline) await sleep(EVERY_MS);
  stdout.off("data", read);
  return found;
}
