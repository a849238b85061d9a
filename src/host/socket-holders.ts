import { opendirSync, readlinkSync } from "node:fs";
import type { Dir } from "node:fs";
import { hasVanished, isSystemError } from "./errno.ts";
import { TimeSlice } from "./time-slice.ts";

/** A descriptor of a process that is a socket, of whatever protocol. */
export interface SocketDescriptor {
  readonly inode: number;
  readonly fd: number;
}

const DIRENTS_AT_ONCE = 1024;

/** The inode in a link such as `socket:[4242]` (man 5 proc_pid_fd); null for all that is no socket. */
export function parseSocketLink(link: string): number | null {
  const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
  return inode === undefined ? null : Number(inode);
}

/**
 * The socket descriptors of a process, read from /proc/PID/fd: [] when it has gone, null when they may not be read.
 * Give the same `slice` to many calls, so that together they leave the event loop its turns.
 */
export async function readSocketDescriptors(
  pid: number,
  slice: TimeSlice = new TimeSlice(),
): Promise<SocketDescriptor[] | null> {
  let directory: Dir;
  try {
    directory = opendirSync(`/proc/${pid}/fd`, { bufferSize: DIRENTS_AT_ONCE });
  } catch (error) {
    return hasVanished(error) ? [] : null;
  }
  try {
    return await readLinks(directory, slice);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return hasVanished(error) ? [] : null;
  } finally {
    directory.closeSync();
  }
}

async function readLinks(directory: Dir, slice: TimeSlice): Promise<SocketDescriptor[] | null> {
  const found: SocketDescriptor[] = [];
  let denied = false;
  for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
    try {
      const inode = parseSocketLink(readlinkSync(`${directory.path}/${entry.name}`));
      if (inode !== null) found.push({ inode, fd: Number(entry.name) });
    } catch (error) {
      // A descriptor closed since the directory was read is no failure.
      if (!hasVanished(error)) denied = true;
    }
    if (slice.isOver()) await slice.rest();
  }
  return denied ? null : found;
}
