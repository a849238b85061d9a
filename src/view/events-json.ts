import { formatEndpoint } from "../model/address.ts";
import type { SourceName } from "../model/event.ts";
import type { Socket } from "../model/socket.ts";
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

/** It happened before `time`, which is when a poll has found it. */
const FOUND_LATER = ',"timeIsAtMost":true';

/** One transition as a line of NDJSON (without the newline); what is not known is null. */
export function transitionJson(row: TransitionRow, wallMs: number): string {
  const { owner, process } = row;
  const inState = row.inState === null ? "null" : milliseconds(row.inState);
  const cause = row.cause === null ? "null" : `"${row.cause}"`;
  return (
    `{"type":"transition","time":"${isoTime(wallMs)}",${socketJson(row.socket)},` +
    `"from":"${stateName(row.from)}","to":"${stateName(row.to)}","inStateMs":${inState},` +
    `"pid":${owner.pid},"comm":${process === null ? "null" : quoted(process.comm)},` +
    `"owner":"${owner.evidence}","cause":${cause}${row.cause === "poll" ? FOUND_LATER : ""}}`
  );
}

/** The part of the line that is the same for all transitions of a socket. A WeakMap would cost the collector more. */
const MAX_PARTS = 4096;
const socketParts = new Map<Socket, string>();

function socketJson(socket: Socket): string {
  const known = socketParts.get(socket);
  if (known !== undefined) return known;
  const { id, netns, localAddress, localPort, remoteAddress, remotePort } = socket;
  const local = endpoint(localAddress, localPort);
  const remote = endpoint(remoteAddress, remotePort);
  const part = `"socket":"s${id.toString(16)}","netns":${netns},"local":${local},"remote":${remote}`;
  // What is not known yet may be in the next line.
  if (netns !== null && localPort !== 0 && remotePort !== 0) {
    if (socketParts.size >= MAX_PARTS) socketParts.clear();
    socketParts.set(socket, part);
  }
  return part;
}

const MAX_NAMES = 1000;
const quotedNames = new Map<string, string>();

function quoted(name: string): string {
  let json = quotedNames.get(name);
  if (json === undefined) {
    if (quotedNames.size >= MAX_NAMES) quotedNames.clear();
    json = JSON.stringify(name);
    quotedNames.set(name, json);
  }
  return json;
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

/** To the microsecond; both halves are small whole numbers, which print fast. */
function milliseconds(nanos: number): string {
  const micros = Math.round(nanos / 1000);
  const whole = Math.floor(micros / 1000);
  return `${whole}.${String(1000 + micros - whole * 1000).slice(1)}`;
}
