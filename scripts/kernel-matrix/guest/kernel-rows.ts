// Sockets and mini-sockets as the guest's kernel shows them.
import { readFileSync } from "node:fs";
import type { Ending } from "./cell-result.ts";
import { STEP_MS, until } from "./wait.ts";

const SAME_READINGS = 4;
const TIME_WAIT_TIMER = "03";
const LISTEN = "0A";

/** A row of /proc/net/tcp. */
interface Row {
  readonly local: string;
  readonly remote: string;
  readonly state: string;
  readonly timer: string;
}

/** All rows by tuple, each once: the kernel may show a row twice while the table changes. */
function readRows(): Map<string, Row> {
  const rows = readFileSync("/proc/net/tcp", "latin1")
    .split("\n")
    .slice(1)
    .map((row) => row.trim().split(/\s+/))
    .filter(({ length }) => length > 5)
    .map(([, local = "", remote = "", state = "", , timer = ""]) => ({
      local,
      remote,
      state,
      timer: timer.slice(0, 2),
    }));
  return new Map(rows.map((row) => [`${row.local} ${row.remote}`, row]));
}

/** Number of mini-sockets created since boot, by the kernel's own count (TcpExt in /proc/net/netstat). */
export function createdMiniSockets(): number {
  const [names = [], values = []] = readFileSync("/proc/net/netstat", "latin1")
    .split("\n")
    .filter((line) => line.startsWith("TcpExt:"))
    .map((line) => line.split(" "));
  return Number(values[names.indexOf("TW")]) + Number(values[names.indexOf("TWKilled")]);
}

/** Mini-sockets of the previous cell, which may have used the same port. */
let older: ReadonlySet<string> = new Set();

/** Ignores the current mini-sockets from now on. */
export function leaveOutOlder(): void {
  older = new Set(
    Array.from(readRows())
      .filter(([, { timer }]) => timer === TIME_WAIT_TIMER)
      .map(([ends]) => ends),
  );
}

function rowsOf(port: number) {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return Array.from(readRows())
    .filter(([ends, { local, remote }]) => !older.has(ends) && (local.endsWith(hex) || remote.endsWith(hex)))
    .map(([, { local, remote, state, timer }]) => ({ local, remote, state, timer, isServers: local.endsWith(hex) }));
}

/**
 * Waits until only the listener and mini-sockets are left, which cause no transitions. Returns the client ports of
 * connections that left a mini-socket, by side, as seen during the wait: mini-sockets last a minute. While sockets go
 * away, the kernel can leave out rows of others, so this reads until nothing new appears.
 */
export async function awaitClosed(port: number): Promise<Ending["standing"]> {
  const left = { client: new Set<number>(), server: new Set<number>() };
  let unchanged = 0;
  await until(`the end of the connections of port ${port}`, STEP_MS, () => {
    const before = left.client.size + left.server.size;
    const rows = rowsOf(port);
    for (const { isServers, local, remote, timer } of rows) {
      if (timer !== TIME_WAIT_TIMER) continue;
      if (isServers) left.server.add(portOf(remote));
      else left.client.add(portOf(local));
    }
    const isClosed = rows.every(({ state, timer }) => state === LISTEN || timer === TIME_WAIT_TIMER);
    unchanged = isClosed && before === left.client.size + left.server.size ? unchanged + 1 : 0;
    return unchanged === SAME_READINGS;
  });
  return { client: [...left.client], server: [...left.server] };
}

function portOf(end: string): number {
  return Number.parseInt(end.split(":")[1] ?? "", 16);
}
