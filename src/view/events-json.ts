import { formatEndpoint } from "../model/address.ts";
import type { SourceName } from "../model/event.ts";
import { stateName } from "../model/tcp-state.ts";
import type { TransitionRow } from "../model/transition-row.ts";
import { isoTime } from "./time.ts";

/** What a run of `events` came to. */
export interface EventsSummary {
  readonly transitions: number;
  readonly lost: number;
  readonly attributed: number;
  readonly seconds: number;
  readonly source: SourceName | null;
}

/** One transition as a line of NDJSON (without the newline); what is not known is null. */
export function transitionJson(row: TransitionRow, wallMs: number): string {
  const { socket, process, owner } = row;
  const inState = row.inState === null ? "null" : milliseconds(row.inState);
  const cause = row.cause === null ? "null" : `"${row.cause}"`;
  return (
    `{"type":"transition","time":"${isoTime(wallMs)}","socket":"s${socket.id.toString(16)}","netns":${socket.netns},` +
    `"local":${endpoint(socket.localAddress, socket.localPort)},"remote":${endpoint(socket.remoteAddress, socket.remotePort)},` +
    `"from":"${stateName(row.from)}","to":"${stateName(row.to)}","inStateMs":${inState},` +
    `"pid":${owner.pid},"comm":${process === null ? "null" : JSON.stringify(process.comm)},` +
    `"owner":"${owner.evidence}","cause":${cause}}`
  );
}

export function lostJson(wallMs: number, count: number, where: string): string {
  return JSON.stringify({ type: "lost", time: isoTime(wallMs), count, where });
}

/** Nothing was traced for `ms` until `wallMs`. */
export function gapJson(wallMs: number, ms: number): string {
  return JSON.stringify({ type: "gap", time: isoTime(wallMs), ms: Math.round(ms) });
}

export function summaryJson(summary: EventsSummary): string {
  return JSON.stringify({ type: "summary", ...summary });
}

/** A port of 0 is one that is not known; so is the end with it. */
function endpoint(address: number | string, port: number): string {
  return port === 0 ? "null" : `"${formatEndpoint(address, port)}"`;
}

function milliseconds(nanos: number): string {
  return String(Math.round(nanos / 1000) / 1000);
}
