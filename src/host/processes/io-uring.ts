import { parseSocketLink } from "./descriptors.ts";

/** What /proc/PID/fd/N links to when the descriptor is an io_uring (io_uring/io_uring.c io_uring_get_file). */
export const RING_LINK = "anon_inode:[io_uring]";

/**
 * The sockets in the file table of an io_uring, which need no descriptor, from its /proc/PID/fdinfo/N: `UserFiles:` and
 * their number, then a line `index: path` for each file (io_uring/fdinfo.c). Null when they are missing: the kernel
 * leaves out a ring that is locked at that moment. Older kernels name a file without its inode; there no socket is
 * found.
 */
export function parseRegisteredSockets(fdinfo: string): number[] | null {
  const start = /^UserFiles:[^\n]*\n/m.exec(fdinfo);
  if (start === null) return null;
  const inodes: number[] = [];
  for (const line of fdinfo.slice(start.index + start[0].length).split("\n")) {
    const path = /^ *\d+: (.*)$/.exec(line)?.[1];
    // The next heading follows: `UserBufs:`.
    if (path === undefined) break;
    // The path of a file begins with a slash, so that no name can forge this.
    const inode = parseSocketLink(path);
    if (inode !== null) inodes.push(inode);
  }
  return inodes;
}
