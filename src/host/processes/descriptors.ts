import { opendirSync, readFileSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { hasVanished } from "../machine/errno.ts";

/** The descriptors of processes in /proc (man 5 proc_pid_fd). Every call may throw the system's error. */
export interface Descriptors {
  /** How many a process has; null before Linux 6.2, where /proc has no such number. */
  count(pid: number): number | null;
  /** The numbers of its descriptors. */
  list(pid: number): Iterable<number>;
  /** What one refers to, such as `socket:[4242]`; null when it has been closed. */
  link(pid: number, fd: number): string | null;
  /** Its /proc/PID/fdinfo; null when it has been closed. */
  info(pid: number, fd: number): string | null;
}

/** Reading them all in one call costs half as much, but would freeze the screen with a million descriptors. */
const MOST_NAMES_AT_ONCE = 32_768;
const DIRENTS_AT_ONCE = 1024;

/** The inode in a link such as `socket:[4242]` (man 5 proc_pid_fd); null for anything else. */
export function parseSocketLink(link: string): number | null {
  const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
  return inode === undefined ? null : Number(inode);
}

/** The descriptors in this machine's /proc. */
export const procDescriptors: Descriptors = {
  count(pid) {
    // fs/proc/fd.c proc_fd_getattr: the directory's size is their number since Linux 6.2, and 0 before.
    const { size } = statSync(`/proc/${pid}/fd`);
    return size > 0 ? size : null;
  },
  *list(pid) {
    const count = procDescriptors.count(pid);
    if (count !== null && count <= MOST_NAMES_AT_ONCE) {
      for (const name of readdirSync(`/proc/${pid}/fd`)) yield Number(name);
      return;
    }
    const directory = opendirSync(`/proc/${pid}/fd`, { bufferSize: DIRENTS_AT_ONCE });
    try {
      for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) yield Number(entry.name);
    } finally {
      directory.closeSync();
    }
  },
  link: (pid, fd) => unlessClosed(() => readlinkSync(`/proc/${pid}/fd/${fd}`)),
  info: (pid, fd) => unlessClosed(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, "latin1")),
};

function unlessClosed(read: () => string): string | null {
  try {
    return read();
  } catch (error) {
    if (hasVanished(error)) return null;
    throw error;
  }
}
