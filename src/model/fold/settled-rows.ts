import type { Tables } from "./tables.ts";
import type { Nanos } from "../net/nanos.ts";
import type { Socket } from "../sockets/socket.ts";
import type { TransitionRow } from "../sockets/transition-row.ts";

/** A client's port is known once its SYN is sent, a server's process once it accepts: both usually soon after. */
const SETTLE_TIME: Nanos = 100e6;

/** Past this number, the oldest rows are released unsettled. */
const MAX_ROWS = 500_000;

/** Holds rows back, in order, until their port and owner are known, for at most 100 ms. */
export class SettledRows {
  #rows: TransitionRow[] = [];
  #next = 0;

  push(row: TransitionRow): void {
    this.#rows.push(row);
  }

  /** Removes and returns the rows that are settled at the watermark; `all` at the end of the stream. */
  take(tables: Tables, all = false): TransitionRow[] {
    const settled: TransitionRow[] = [];
    for (let row = this.#rows[this.#next]; row !== undefined; row = this.#rows[this.#next]) {
      const mayWait = !all && this.#rows.length - this.#next <= MAX_ROWS;
      if (mayWait && !isSettled(row.socket) && tables.clock.watermark - row.at < SETTLE_TIME) break;
      improve(row, tables);
      settled.push(row);
      this.#next++;
    }
    if (this.#next > 4096) this.#compact();
    return settled;
  }

  #compact(): void {
    this.#rows = this.#rows.slice(this.#next);
    this.#next = 0;
  }
}

function isSettled({ owner, localPort }: Socket): boolean {
  return localPort !== 0 && owner.pid !== null && owner.evidence !== "listener";
}

/** Applies what was learnt about the socket since. An owner that was certain at the time of the row stays. */
function improve(row: TransitionRow, tables: Tables): void {
  const { owner } = row.socket;
  const isWeak = row.owner.pid === null || row.owner.evidence === "listener";
  if (!isWeak || owner.pid === null || owner === row.owner) return;
  row.owner = owner;
  row.process = tables.processes.at(owner.pid) ?? null;
}
