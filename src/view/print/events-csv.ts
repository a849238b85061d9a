import { formatEndpoint } from "../../model/net/address.ts";
import { stateName } from "../../model/net/tcp-state.ts";
import type { TransitionRow } from "../../model/sockets/transition-row.ts";
import { isoTime } from "../format/time.ts";

/** The first line of a CSV (RFC 4180, but with Unix line ends). */
export const CSV_HEADER = "time,socket,netns,local,remote,from,to,inStateMs,pid,comm,owner,cause";

/** One transition as a line of CSV; unknown values are empty. */
export function transitionCsv(row: TransitionRow, wallMs: number): string {
  const { socket, owner, process, inState } = row;
  return [
    isoTime(wallMs),
    `s${socket.id.toString(16)}`,
    String(socket.netns ?? ""),
    socket.localPort === 0 ? "" : formatEndpoint(socket.localAddress, socket.localPort),
    socket.remotePort === 0 ? "" : formatEndpoint(socket.remoteAddress, socket.remotePort),
    stateName(row.from),
    stateName(row.to),
    inState === null ? "" : (inState / 1e6).toFixed(3),
    String(owner.pid ?? ""),
    field(process?.comm ?? ""),
    owner.evidence,
    row.cause ?? "",
  ].join(",");
}

/**
 * Any process can choose its name: one that a spreadsheet would run as a formula gets an apostrophe, which makes it
 * text.
 */
function field(text: string): string {
  const harmless = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
