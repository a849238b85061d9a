import { formatEndpoint } from "../model/address.ts";
import type { Cause } from "../model/cause.ts";
import type { ChangeTotal } from "../model/change-counts.ts";
import type { SourceName } from "../model/event.ts";
import type { OwnerEvidence } from "../model/owner.ts";
import type { Socket } from "../model/socket.ts";
import { stateName, type TcpState } from "../model/tcp-state.ts";
import type { TransitionRow } from "../model/transition-row.ts";
import { isoTime, threeDigits } from "./time.ts";

/** What a run of `events` came to. */
export interface EventsSummary {
  readonly transitions: number;
  readonly lost: number;
  readonly attributed: number;
  readonly seconds: number;
  readonly source: SourceName | null;
  /** All that happened while it was traced, lost ones and those that a filter leaves out among them; null: nobody knows. */
  readonly total: number | null;
  /** What the kernel counted by pair of states. What it skipped and was not found is without states. */
  readonly changes: readonly ChangeTotal[];
}

/** It happened before `time`, which is when a poll has found it. */
const FOUND_LATER = ',"timeIsAtMost":true';

/** One transition as a line of NDJSON (without the newline); what is not known is null. */
export function transitionJson(row: TransitionRow, wallMs: number): string {
  const { owner, process } = row;
  const inState = row.inState === null ? "null" : milliseconds(row.inState);
  return (
    `{"type":"transition","time":"${isoTime(wallMs)}",${socketJson(row.socket)}${changeJson(row.from, row.to)}` +
    `${inState},"pid":${owner.pid},"comm":${process === null ? "null" : quoted(process.comm)}` +
    reasonJson(owner.evidence, row.cause)
  );
}

/* Each piece of the line costs: those of few kinds are put together once. */
const changes: string[] = [];
const reasons = new Map<string, Map<string | null, string>>();

function changeJson(from: TcpState, to: TcpState): string {
  return (changes[from * 16 + to] ??= `,"from":"${stateName(from)}","to":"${stateName(to)}","inStateMs":`);
}

function reasonJson(evidence: OwnerEvidence, cause: Cause | null): string {
  const known = reasons.get(evidence)?.get(cause);
  if (known !== undefined) return known;
  const quotedCause = cause === null ? "null" : `"${cause}"`;
  const json = `,"owner":"${evidence}","cause":${quotedCause}${cause === "poll" ? FOUND_LATER : ""}}`;
  reasons.set(evidence, (reasons.get(evidence) ?? new Map<string | null, string>()).set(cause, json));
  return json;
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
  const totals = summary.changes.map(({ from, to, count, lost }) => {
    return { from: nameOf(from), to: nameOf(to), count, lost };
  });
  return JSON.stringify({ type: "summary", ...summary, changes: totals });
}

function nameOf(state: TcpState | null): string | null {
  return state === null ? null : stateName(state);
}

/** A port of 0 is one that is not known; so is the end with it. */
function endpoint(address: number | string, port: number): string {
  return port === 0 ? "null" : `"${formatEndpoint(address, port)}"`;
}

/** To the microsecond; both halves are small whole numbers, which print fast. */
function milliseconds(nanos: number): string {
  const micros = Math.round(nanos / 1000);
  const whole = Math.floor(micros / 1000);
  return `${whole}.${threeDigits(micros - whole * 1000)}`;
}
