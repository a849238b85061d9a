import { formatAddress, formatEndpoint } from "./address.ts";
import type { Nanos } from "./event.ts";
import type { Process } from "./process-table.ts";
import type { ProcessRow, Snapshot, SocketCounts } from "./snapshot.ts";
import type { Socket } from "./socket.ts";
import type { Tables } from "./tables.ts";
import { TCP, TCP_STATE_MAX } from "./tcp-state.ts";

/** Draws up what the views show, from all tables, at `tables.now`. */
export function takeSnapshot(tables: Tables, stuckAfterMs: number): Snapshot {
  const states = Array.from({ length: TCP_STATE_MAX + 1 }, () => 0);
  states[TCP.TIME_WAIT] = tables.timeWait;
  const tallies = new Map<number | null, Tally>();
  const stuckAfter = stuckAfterMs * 1e6;
  for (const socket of tables.sockets) {
    states[socket.state] = (states[socket.state] ?? 0) + 1;
    const { pid } = socket.owner;
    if (pid === null && isOrphan(socket)) continue;
    let tally = tallies.get(pid);
    if (tally === undefined) tallies.set(pid, (tally = new Tally()));
    tally.add(socket, tables.now, stuckAfter);
  }
  const processes = [...tables.processes].map((process) => processRow(process, tallies.get(process.pid), tables.now));
  const unowned = tallies.get(null)?.counts(tables.now) ?? null;
  return {
    wallMs: tables.wallMs(tables.now),
    source: tables.source,
    sourceDetail: tables.sourceDetail,
    complete: tables.complete,
    transitions: tables.transitions,
    transitionsPerSecond: tables.rate.perSecond(tables.now),
    lost: tables.lost,
    gapMs: tables.gap / 1e6,
    attributed: tables.attributed,
    states,
    stuckAfterMs,
    stuck: processes.reduce((sum, row) => sum + row.stuck, unowned?.stuck ?? 0),
    processes: processes.toSorted(byBlame),
    unowned,
    dropped: tables.sockets.dropped + tables.processes.dropped,
  };
}

/** Closed by its process and on its way out: nobody's by right. */
function isOrphan(socket: Socket): boolean {
  const { state } = socket;
  return state !== TCP.LISTEN && state !== TCP.ESTABLISHED && state !== TCP.CLOSE_WAIT && state !== TCP.SYN_SENT;
}

function byBlame(a: ProcessRow, b: ProcessRow): number {
  return (
    b.stuck - a.stuck || b.closeWait - a.closeWait || b.transitionsPerSecond - a.transitionsPerSecond || a.pid - b.pid
  );
}

function processRow(process: Process, tally: Tally | undefined, now: Nanos): ProcessRow {
  return {
    pid: process.pid,
    comm: process.comm,
    cmdline: process.facts?.cmdline ?? null,
    user: process.uid,
    transitions: process.transitions,
    transitionsPerSecond: process.rate.perSecond(now),
    openedPerSecond: process.opened.perSecond(now),
    closedPerSecond: process.closed.perSecond(now),
    fdUsed: process.facts?.fdUsed ?? null,
    fdLimit: process.facts?.fdLimit ?? null,
    ...(tally ?? new Tally()).counts(now),
  };
}

/** Counts one process's sockets. */
class Tally {
  #established = 0;
  #closeWait = 0;
  #stuck = 0;
  #listen = 0;
  #other = 0;
  #oldest: Socket | null = null;
  readonly #peers = new Map<string, number>();

  add(socket: Socket, now: Nanos, stuckAfter: Nanos): void {
    if (socket.state === TCP.ESTABLISHED) this.#established++;
    else if (socket.state === TCP.LISTEN) this.#listen++;
    else if (socket.state === TCP.CLOSE_WAIT) this.#addCloseWait(socket, now, stuckAfter);
    else this.#other++;
  }

  #addCloseWait(socket: Socket, now: Nanos, stuckAfter: Nanos): void {
    this.#closeWait++;
    if (now - socket.since >= stuckAfter) this.#stuck++;
    if (this.#oldest === null || socket.since < this.#oldest.since) this.#oldest = socket;
    const peer = peerOf(socket);
    this.#peers.set(peer, (this.#peers.get(peer) ?? 0) + 1);
  }

  counts(now: Nanos): SocketCounts {
    let closeWaitPeer: SocketCounts["closeWaitPeer"] = null;
    for (const [endpoint, count] of this.#peers) {
      if (closeWaitPeer === null || count > closeWaitPeer.count) closeWaitPeer = { endpoint, count };
    }
    return {
      established: this.#established,
      closeWait: this.#closeWait,
      stuck: this.#stuck,
      listen: this.#listen,
      other: this.#other,
      oldestCloseWaitMs: this.#oldest === null ? null : (now - this.#oldest.since) / 1e6,
      oldestIsAtLeast: this.#oldest !== null && !this.#oldest.sinceIsExact,
      closeWaitPeer,
    };
  }
}

/** A server's peers differ in their ephemeral ports only, so those are left out. */
function peerOf(socket: Socket): string {
  if (socket.role === "server") return formatAddress(socket.remoteAddress);
  return formatEndpoint(socket.remoteAddress, socket.remotePort);
}
