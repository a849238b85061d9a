import { closeSync, existsSync, openSync, readSync, readlinkSync } from "node:fs";
import { debug } from "../../base/debug.ts";
import { hasVanished, isGoneOrForbidden, isSystemError } from "../machine/errno.ts";
import { TimeSlice } from "../machine/time-slice.ts";
import { readStat } from "../processes/processes.ts";
import { type KnownRows, KnownTables, type NamespaceRows } from "./known-rows.ts";
import type { NetTcpRows } from "./proc-net-tcp.ts";
import type { SurveyedSocket, SurveyedTimeWait } from "../../model/events/survey.ts";

/** The network namespaces that processes live in. */
export interface Namespaces {
  /** Inode of each namespace, and the pids seen in it. */
  readonly members: ReadonlyMap<number, readonly number[]>;
  /** Processes whose namespace may not be read; kernel threads, which have no sockets of their own, left out. */
  readonly unreadable: number;
}

/** The TCP sockets of one namespace. */
export interface NamespaceTables {
  readonly sockets: readonly SurveyedSocket[];
  readonly timeWaits: readonly SurveyedTimeWait[];
}

const BLOCK_BYTES = 256 * 1024;

/** The inode in a link such as `net:[4026531840]` (man 7 namespaces); null for any other. */
export function parseNetnsLink(link: string): number | null {
  const inode = /^net:\[(\d+)\]$/.exec(link)?.[1];
  return inode === undefined ? null : Number(inode);
}

/** Groups processes by network namespace. A namespace without processes is not found. */
export async function findNamespaces(pids: readonly number[], slice: TimeSlice = new TimeSlice()): Promise<Namespaces> {
  const members = new Map<number, number[]>();
  let unreadable = 0;
  for (const pid of pids) {
    try {
      const netns = parseNetnsLink(readlinkSync(`/proc/${pid}/ns/net`));
      const known = netns === null ? undefined : members.get(netns);
      if (known !== undefined) known.push(pid);
      else if (netns !== null) members.set(netns, [pid]);
    } catch (error) {
      if (!isGoneOrForbidden(error)) debug(`cannot read the network namespace of pid ${pid}`, error);
      if (!hasVanished(error) && readStat(pid)?.isKernelThread === false) unreadable += 1;
    }
    if (slice.isOver()) await slice.rest();
  }
  return { members, unreadable };
}

/**
 * Reads /proc/PID/net/tcp and tcp6 of the first of `pids` that still lives: "gone" when none does, null when the tables
 * may not be read. `known` is what they held the last time.
 */
export async function readNamespaceTables(
  netns: number,
  pids: readonly number[],
  slice: TimeSlice = new TimeSlice(),
  known: NamespaceRows = new KnownTables().of(netns),
): Promise<NamespaceTables | "gone" | null> {
  for (const pid of pids) {
    try {
      const rows: NetTcpRows = { sockets: [], timeWaits: [] };
      await readTable(`/proc/${pid}/net/tcp`, known.ipv4, rows, slice);
      await readIpv6Table(pid, known.ipv6, rows, slice);
      return rows;
    } catch (error) {
      if (!isSystemError(error)) throw error;
      if (hasVanished(error)) continue;
      debug(`cannot read the TCP tables of network namespace ${netns}`, error);
      return null;
    }
  }
  return "gone";
}

async function readIpv6Table(pid: number, known: KnownRows, rows: NetTcpRows, slice: TimeSlice): Promise<void> {
  try {
    await readTable(`/proc/${pid}/net/tcp6`, known, rows, slice);
  } catch (error) {
    // A kernel without IPv6 has no such table; a process that has gone has no tables at all.
    if (!hasVanished(error) || !existsSync(`/proc/${pid}/net/tcp`)) throw error;
  }
}

/**
 * Reads and parses block by block: the kernel returns one page for each read, and a table of 15 MB would freeze the
 * screen.
 */
async function readTable(path: string, known: KnownRows, rows: NetTcpRows, slice: TimeSlice): Promise<void> {
  known.begin();
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let filled = 0;
  const takeRows = (end: number): void => {
    known.parse(block.subarray(0, end), rows);
    block.copyWithin(0, end, filled);
    filled -= end;
  };
  const file = openSync(path, "r");
  try {
    for (;;) {
      const read = readSync(file, block, filled, BLOCK_BYTES - filled, null);
      filled += read;
      if (read === 0) break;
      // A block without a newline is passed on whole: the parser skips it.
      if (filled === BLOCK_BYTES) takeRows(block.lastIndexOf(0x0a) + 1 || filled);
      if (slice.isOver()) await slice.rest();
    }
  } finally {
    closeSync(file);
  }
  takeRows(filled);
  known.end();
}
