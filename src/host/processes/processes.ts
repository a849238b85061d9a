import { readFileSync, readdirSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { debug } from "../../base/debug.ts";
import { UserError } from "../../base/errors.ts";
import { cutText, safeBytes } from "../../base/text.ts";
import { hasVanished, isGoneOrForbidden } from "../machine/errno.ts";
import { parseCgroup } from "./cgroup.ts";
import type { ProcessFacts } from "../../model/events/survey.ts";

const CMDLINE_CHARS = 512;
// UTF-8 takes at most 4 bytes a character.
const CMDLINE_BYTES = CMDLINE_CHARS * 4;
// include/linux/sched.h
const PF_KTHREAD = 0x0020_0000;

/** What /proc/PID/stat shows (man 5 proc_pid_stat). */
export interface ProcessStat {
  /** Clock ticks after boot. */
  readonly startTime: number;
  readonly isKernelThread: boolean;
  /** The first thread has ended; others may still run. */
  readonly isZombie: boolean;
}

/** Parses /proc/PID/stat; null if malformed. The name may contain anything, even `) R 1`: it ends at the last `)`. */
export function parseStat(text: string): ProcessStat | null {
  const fields = text
    .slice(text.lastIndexOf(")") + 1)
    .trimStart()
    .split(" ");
  // The first field after the name is the third of the line: flags are the 9th, the start time the 22nd.
  const flags = parseDecimal(fields[6]);
  const startTime = parseDecimal(fields[19]);
  if (flags === null || startTime === null) return null;
  return { startTime, isKernelThread: Math.floor(flags / PF_KTHREAD) % 2 === 1, isZombie: fields[0] === "Z" };
}

function parseDecimal(field: string | undefined): number | null {
  if (field === undefined || !/^\d+$/.test(field)) return null;
  const value = Number(field);
  return Number.isSafeInteger(value) ? value : null;
}

/** The effective uid in /proc/PID/status (`Uid: real effective saved filesystem`); null if it is missing. */
export function parseEffectiveUid(text: string): number | null {
  const uid = /^Uid:\t\d+\t(\d+)\t/m.exec(text)?.[1];
  return uid === undefined ? null : Number(uid);
}

/** The soft limit of open files in /proc/PID/limits; null if unlimited or missing. */
export function parseOpenFilesLimit(text: string): number | null {
  const soft = /^Max open files +(\d+) /m.exec(text)?.[1];
  return soft === undefined ? null : Number(soft);
}

/**
 * The name in /proc/PID/comm, safe to print. The kernel ends it with a newline; any other newline belongs to the name.
 */
export function parseComm(bytes: Uint8Array): string {
  return safeBytes(bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes);
}

/** The words in /proc/PID/cmdline with blanks between them, safe to print, 512 characters at most. */
export function parseCmdline(bytes: Uint8Array): string {
  let end = Math.min(bytes.length, CMDLINE_BYTES);
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  const words = bytes.slice(0, end).map((byte) => (byte === 0 ? 0x20 : byte));
  return cutText(safeBytes(words), CMDLINE_CHARS);
}

/** What /proc/PID shows of a process; null when it has gone. What may not be read is null or "". */
export async function readProcess(pid: number): Promise<ProcessFacts | null> {
  const stat = readStat(pid);
  if (stat === null) return null;
  const identity = identify(pid);
  if (identity === null) return null;
  const fdLimit = parseOpenFilesLimit(readText(pid, "limits")?.toString("latin1") ?? "");
  const fdUsed = countDescriptors(pid);
  const { container, unit } = parseCgroup(readText(pid, "cgroup")?.toString("utf8") ?? "");
  const cmdline = await readCmdline(pid);
  // The pid may have been reused by another process meanwhile.
  if (readStat(pid)?.startTime !== stat.startTime) return null;
  return { pid, ...identity, cmdline, startTime: stat.startTime, fdUsed, fdLimit, container, unit };
}

/** /proc/PID/stat; null when the process has gone. */
export function readStat(pid: number): ProcessStat | null {
  const text = readText(pid, "stat")?.toString("latin1");
  return text === undefined ? null : parseStat(text);
}

/** A process's user and name, safe to print; null when it has gone. */
export function identify(pid: number): { uid: number; comm: string } | null {
  const comm = readText(pid, "comm");
  const uid = parseEffectiveUid(readText(pid, "status")?.toString("latin1") ?? "");
  return comm === null || uid === null ? null : { uid, comm: parseComm(comm) };
}

/** A thread that still runs in a process whose first thread has ended; null if there is none. */
export function livingThread(pid: number): number | null {
  try {
    const tids = readdirSync(`/proc/${pid}/task`).map(Number);
    return tids.find((tid) => tid !== pid && readStat(tid)?.isZombie === false) ?? null;
  } catch (error) {
    noteUnread(pid, "task", error);
    return null;
  }
}

/** CPU time of our own children that have ended, in milliseconds, to the kernel's tick of 10 ms (cutime and cstime). */
export function childrenCpuMs(): number {
  const text = readText(process.pid, "stat")?.toString("latin1") ?? "";
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) * 10;
}

/** All pids of /proc at this moment. Throws UserError when /proc is not mounted. */
export function listPids(): number[] {
  const pids: number[] = [];
  for (const name of readdirSync("/proc")) if (/^\d+$/.test(name)) pids.push(Number(name));
  if (pids.length === 0) throw new UserError("no-proc", "/proc is not mounted", "mount -t proc proc /proc");
  return pids;
}

function readText(pid: number, file: "stat" | "comm" | "status" | "limits" | "cgroup"): Buffer | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`);
  } catch (error) {
    noteUnread(pid, file, error);
    return null;
  }
}

/** Read separately, off the main thread: it blocks while the process holds the lock of its memory map. */
async function readCmdline(pid: number): Promise<string> {
  try {
    const file = await open(`/proc/${pid}/cmdline`);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(CMDLINE_BYTES), 0, CMDLINE_BYTES, 0);
      return parseCmdline(buffer.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  } catch (error) {
    noteUnread(pid, "cmdline", error);
    return "";
  }
}

/** Open descriptors of a process; null when they may not be counted. */
function countDescriptors(pid: number): number | null {
  try {
    // The directory's size is their number since Linux 6.2, and 0 before.
    const { size } = statSync(`/proc/${pid}/fd`);
    return size > 0 ? size : readdirSync(`/proc/${pid}/fd`).length;
  } catch (error) {
    noteUnread(pid, "fd", error);
    return hasVanished(error) ? 0 : null;
  }
}

function noteUnread(pid: number, file: string, error: unknown): void {
  if (!isGoneOrForbidden(error)) debug(`cannot read /proc/${pid}/${file}`, error);
}
