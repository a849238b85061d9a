import { formatPlural, formatSetting } from "../../base/quantity.ts";
import { formatAddress, formatEndpoint } from "../../model/net/address.ts";
import { TCP } from "../../model/net/tcp-state.ts";
import type {
  LeakReport,
  LeakingProcess,
  StuckSocket,
  UnownedReason,
  UnownedSocket,
} from "../../model/reports/leak-report.ts";
import { age } from "../format/format.ts";
import type { UserName } from "../format/table.ts";
import { blame } from "../words/blame.ts";
import { incompleteness } from "../words/polled.ts";

const MAX_GROUPS = 5;
const MAX_PIDS = 8;

const EXPLAINED: ReadonlyMap<UnownedReason, string> = new Map([
  ["unreadable", "held by a process that could not be read (run as root, outside of containers)"],
  ["shared-port", "not accepted, on a port on which several processes listen, each for itself (SO_REUSEPORT)"],
  ["no-listener", "not accepted, and nobody is seen to listen there"],
  [
    "no-holder",
    "held by no process that can be seen: on its way between two over a unix socket, or in a file table out of sight",
  ],
]);

/**
 * The report for people: a sentence for each process, most guilty first, then what it holds toward whom. With
 * `eachUnowned` every socket that nobody can be named for has a line of its own.
 */
export function leaksText(report: LeakReport, userName: UserName, eachUnowned = false): string {
  const paragraphs = report.processes.map((process) => paragraph(process, userName));
  if (report.unowned.length > 0) paragraphs.push(unownedText(report.unowned, eachUnowned));
  if (paragraphs.length === 0) paragraphs.push(nothing(report));
  paragraphs.push(...caveats(report));
  return `${paragraphs.join("\n")}\n`;
}

function nothing({ stuckAfterMs }: LeakReport): string {
  return `no socket has been stuck in CLOSE_WAIT for ${formatSetting(stuckAfterMs)} or longer`;
}

function paragraph(process: LeakingProcess, userName: UserName): string {
  const lines = [`${blame(process)}.`, `  ${identity(process, userName)}`];
  for (const line of groupLines(process.sockets)) lines.push(`  ${line}`);
  const shared = process.sockets.filter(({ holders }) => holders.length > 1);
  if (shared.length > 0) lines.push(`  ${sharing(process.pid, shared)}`);
  return lines.join("\n");
}

/** `user www, nginx.service, container 4f5e0a1b2c3d: node /srv/api/server.js`. */
function identity({ user, unit, container, cmdline, comm }: LeakingProcess, userName: UserName): string {
  const parts: string[] = [];
  if (user !== null) parts.push(`user ${userName(user) ?? user}`);
  if (unit !== null) parts.push(unit);
  if (container !== null) parts.push(`container ${container}`);
  const who = parts.join(", ");
  const what = cmdline === null || cmdline === "" ? comm : cmdline;
  return who === "" ? what : `${who}: ${what}`;
}

/** Sockets alike in their ends and in why they are stuck, most of them first. */
function groupLines(sockets: readonly StuckSocket[]): string[] {
  const side = sideOf(sockets);
  const groups = new Map<string, StuckSocket[]>();
  for (const socket of sockets) {
    const key = `${endsText(socket, side)}, ${conditionOf(socket)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [socket]);
    else group.push(socket);
  }
  const sorted = [...groups].toSorted(([, a], [, b]) => b.length - a.length);
  const lines = sorted.slice(0, MAX_GROUPS).map(([key, group]) => `${group.length} ${key}${ageText(group[0])}`);
  const rest = sorted.slice(MAX_GROUPS).reduce((sum, [, group]) => sum + group.length, 0);
  if (rest > 0) lines.push(`${rest} more, toward others (--json has all)`);
  return lines;
}

/** Of sockets older than tcptrace nobody knows who connected: the end that they share is the one that was connected to. */
function sideOf(sockets: readonly StuckSocket[]): "client" | "server" {
  const locals = new Set(sockets.map(({ localPort }) => localPort)).size;
  const remotes = new Set(sockets.map(({ remotePort }) => remotePort)).size;
  return locals < remotes ? "server" : "client";
}

/** A server's peers differ in their ephemeral ports, a client's own port does. */
function endsText(socket: StuckSocket, side: "client" | "server"): string {
  const { role, localAddress, localPort, remoteAddress, remotePort } = socket;
  return (role ?? side) === "server"
    ? `on ${formatEndpoint(localAddress, localPort)} from ${formatAddress(remoteAddress)}`
    : `from ${formatAddress(localAddress)} toward ${formatEndpoint(remoteAddress, remotePort)}`;
}

function socketLine(socket: StuckSocket): string {
  const { localAddress, localPort, remoteAddress, remotePort, ageMs, ageIsAtLeast } = socket;
  const ends = `${formatEndpoint(localAddress, localPort)} from ${formatEndpoint(remoteAddress, remotePort)}`;
  return `${ends}, ${conditionOf(socket)}, for ${age(ageMs, ageIsAtLeast)}`;
}

function conditionOf({ state, accepted, receiveQueue }: StuckSocket): string {
  if (state === TCP.CLOSE) return "reset since: only the descriptor is left";
  if (!accepted) return "not accepted";
  if (receiveQueue === null) return "not closed";
  if (receiveQueue === 0) return "read to the end, not closed";
  return receiveQueue === 1 ? "the end never read" : "data never read";
}

function ageText(oldest: StuckSocket | undefined): string {
  if (oldest === undefined) return "";
  return `, the oldest for ${age(oldest.ageMs, oldest.ageIsAtLeast)}`;
}

function sharing(pid: number, sockets: readonly StuckSocket[]): string {
  const others = new Set(sockets.flatMap(({ holders }) => holders).filter((holder) => holder !== pid));
  const sorted = [...others].toSorted((a, b) => a - b);
  const rest = sorted.length > MAX_PIDS ? ` and ${sorted.length - MAX_PIDS} more` : "";
  const pids = `${sorted.slice(0, MAX_PIDS).join(", ")}${rest}`;
  return `${formatPlural(sockets.length, "of them is", "of them are")} also held by pid ${pids}: all have to close`;
}

function unownedText(unowned: readonly UnownedSocket[], each: boolean): string {
  const lines = [`${formatPlural(unowned.length, "socket")} stuck in CLOSE_WAIT with no process to be named:`];
  for (const [reason, explanation] of EXPLAINED) {
    const sockets = unowned.filter((socket) => socket.reason === reason);
    if (sockets.length === 0) continue;
    lines.push(`  ${sockets.length} ${explanation}`);
    for (const line of each ? sockets.map(socketLine) : groupLines(sockets)) lines.push(`    ${line}`);
  }
  return lines.join("\n");
}

function caveats({ complete, unreadable, lost }: LeakReport): string[] {
  const lines: string[] = [];
  if (!complete) lines.push(`(${incompleteness(unreadable)})`);
  if (lost > 0) lines.push(`(${formatPlural(lost, "transition")} lost: ages may be too low)`);
  return lines;
}
