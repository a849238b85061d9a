import { endpointOf } from "./ss-output.ts";
import type { IdleConnection } from "../../model/events/details.ts";

/** A connection that was used more recently is not idle. */
const LEAST_IDLE_MS = 5000;
/** In one namespace; the others are only counted. */
const MOST_ROWS = 5000;
/** Endpoints on this machine: a peer there can't vanish silently. */
const LOOPBACK = /^(127\.|\[::1\]|\[::ffff:127\.)/;

/**
 * Reads `ss -tneiH state established` of one namespace line by line: `Recv-Q Send-Q LOCAL PEER [timer:(…)] … ino:N …
 * cgroup:PATH`, then, on a line that begins with a blank, what `-i` adds. Other lines are skipped.
 */
export class SsIdleReader {
  readonly rows: IdleConnection[] = [];
  left = 0;
  readonly #netns: number;
  #row: string | null = null;

  constructor(netns: number) {
    this.#netns = netns;
  }

  line(text: string): void {
    if (!/^\s/.test(text)) {
      this.#row = text;
      return;
    }
    const row = this.#row;
    this.#row = null;
    const idleMs = Math.min(numberOf(text, "lastsnd"), numberOf(text, "lastrcv"));
    if (row === null || idleMs < LEAST_IDLE_MS) return;
    const [, , local = "", remote = ""] = row.split(/\s+/, 4);
    if (LOOPBACK.test(remote)) return;
    const [here, there] = [endpointOf(local), endpointOf(remote)];
    const inode = /^\d+\s+\d+\s+\S+\s+\S+\s.*?\bino:(\d+)\s/.exec(row)?.[1];
    if (here === null || there === null || inode === undefined) return;
    if (this.rows.length >= MOST_ROWS) {
      this.left++;
      return;
    }
    const tuple = {
      localAddress: here.address,
      localPort: here.port,
      remoteAddress: there.address,
      remotePort: there.port,
    };
    this.rows.push({ netns: this.#netns, ...tuple, inode: Number(inode), idleMs, probeInMs: probeIn(row) });
  }
}

/** ss leaves out a time of 0. */
function numberOf(text: string, name: "lastsnd" | "lastrcv"): number {
  return Number(new RegExp(`\\s${name}:(\\d+)`).exec(text)?.[1] ?? 0);
}

/** `timer:(keepalive,1min59sec,0)`: until the next keepalive probe, in ms; null where none is due. */
function probeIn(row: string): number | null {
  const [, time] = /^\d+\s+\d+\s+\S+\s+\S+\s+timer:\(keepalive,([^,)]*),/.exec(row) ?? [];
  return time === undefined ? null : timerMs(time);
}

/** ss writes `119min`, `1min59sec`, `55sec`, `1.248ms` for a second and 248 ms, `248ms` (print_ms_timer()). */
export function timerMs(text: string): number | null {
  const [whole, minutes = "0", seconds = "0", ms = "0"] =
    /^(?:(\d+)min)?(?:(\d+)(?:sec|\.))?(?:(\d{3})ms)?$/.exec(text) ?? [];
  return whole === undefined ? null : Number(minutes) * 60_000 + Number(seconds) * 1000 + Number(ms);
}
