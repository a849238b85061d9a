import { formatNumber, formatPlural, formatSetting } from "../../base/quantity.ts";
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
  ["unreadable", "held by a process that could not be read (run as root, outside any container)"],
  ["shared-port", "not accepted, on a port shared by several listening processes (SO_REUSEPORT)"],
  ["no-listener", "not accepted, and no visible process is listening"],
  [
    "no-holder",
    "held by no visible process: in transit over a unix socket, or in a file table that /proc does not show",
  ],
]);

/**
 * The report for people: a sentence per process, worst first, then its sockets by destination. With `eachUnowned` every
 * socket whose owner is unknown has its own line.
 */
export function leaksText(report: LeakReport, userName: UserName, eachUnowned = false): string {
  const paragraphs = report.processes.map((process) => paragraph(process, userName));
  if (report.unowned.length > 0) paragraphs.push(unownedText(report.unowned, eachUnowned));
  if (paragraphs.length === 0) paragraphs.push(nothing(report));
  paragraphs.push(...caveats(report));
  return `${paragraphs.join("\n")}\n`;
}

function nothing({ stuckAfterMs }: LeakReport): string {
  return `no socket has been in CLOSE_WAIT for over ${formatSetting(stuckAfterMs)}`;
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

/** Sockets grouped by endpoint and by why they are stuck, largest group first. */
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
  const lines = sorted
    .slice(0, MAX_GROUPS)
    .map(([key, group]) => `${formatNumber(group.length)} ${key}${ageText(group[0])}`);
  const rest = sorted.slice(MAX_GROUPS).reduce((sum, [, group]) => sum + group.length, 0);
  if (rest > 0) lines.push(`${formatNumber(rest)} more with other peers (--json lists all)`);
  return lines;
}

/**
 * For sockets opened before tracing, the side is a guess: the endpoint that they share is the one that was connected
 * to.
 */
function sideOf(sockets: readonly StuckSocket[]): "client" | "server" {
  const locals = new Set(sockets.map(({ localPort }) => localPort)).size;
  const remotes = new Set(sockets.map(({ remotePort }) => remotePort)).size;
  return locals < remotes ? "server" : "client";
}

/**
 * Leaves out the ephemeral port, which differs for each socket: the peer's for a server, the local one for a client.
 */
function endsText(socket: StuckSocket, side: "client" | "server"): string {
  const { role, localAddress, localPort, remoteAddress, remotePort } = socket;
  return (role ?? side) === "server"
    ? `on ${formatEndpoint(localAddress, localPort)} from ${formatAddress(remoteAddress)}`
    : `from ${formatAddress(localAddress)} to ${formatEndpoint(remoteAddress, remotePort)}`;
}

function socketLine(socket: StuckSocket): string {
  const { localAddress, localPort, remoteAddress, remotePort, ageMs, ageIsAtLeast } = socket;
  const ends = `${formatEndpoint(localAddress, localPort)} from ${formatEndpoint(remoteAddress, remotePort)}`;
  return `${ends}, ${conditionOf(socket)}, for ${age(ageMs, ageIsAtLeast)}`;
}

function conditionOf({ state, accepted, receiveQueue }: StuckSocket): string {
  if (state === TCP.CLOSE) return "since reset, only the descriptor is left";
  if (!accepted) return "not accepted";
  if (receiveQueue === null) return "not closed";
  if (receiveQueue === 0) return "read to EOF, not closed";
  return receiveQueue === 1 ? "EOF not read" : "data not read";
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
  return `${formatPlural(sockets.length, "of them is", "of them are")} also held by pid ${pids}: all must close`;
}

function unownedText(unowned: readonly UnownedSocket[], each: boolean): string {
  const lines = [`${formatPlural(unowned.length, "socket")} stuck in CLOSE_WAIT, owner unknown:`];
  for (const [reason, explanation] of EXPLAINED) {
    const sockets = unowned.filter((socket) => socket.reason === reason);
    if (sockets.length === 0) continue;
    lines.push(`  ${formatNumber(sockets.length)} ${explanation}`);
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
