// Measures the time from a connect() until its line appears on the tracer's stdout, under the current load.
import { connect } from "node:net";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Ports above the ephemeral ones, without listeners: a refused connection causes two transitions with a unique port.
 */
const FIRST_PORT = 61_200;
const PORTS = 3000;
const EVERY_MS = 50;
const GIVE_UP_MS = 3000;
/** How much of a chunk's end to keep, since a line may be cut. */
const KEPT_BYTES = 512;

/** Milliseconds for each of `count` connections, without those whose line did not appear within 3 s. */
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
