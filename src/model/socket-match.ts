import type { SurveyedEnds } from "./event.ts";
import { endsKey, hasFile, type Socket } from "./socket.ts";
import type { SocketTable } from "./socket-table.ts";

/** Finds the socket that a row of the kernel's tables is about, as they stand now: by inode, else by its ends. */
export function socketMatcher(
  sockets: SocketTable,
): (row: SurveyedEnds & { readonly inode: number }) => Socket | undefined {
  let traced: ReadonlyMap<string, Socket[]> | null = null;
  return (row) => {
    const byInode = row.inode === 0 ? undefined : sockets.atInode(row.inode);
    if (byInode !== undefined) return byInode;
    traced ??= tracedWithoutInode(sockets);
    const byEnds = traced.get(endsKey(row))?.find((socket) => socket.netns === null || socket.netns === row.netns);
    return byEnds ?? sockets.untraced(row, row.inode);
  };
}

/** Traced sockets that a row can only be matched to by its ends. */
function tracedWithoutInode(sockets: SocketTable): Map<string, Socket[]> {
  const byEnds = new Map<string, Socket[]>();
  for (const socket of sockets) {
    if (socket.address === null || (socket.inode !== null && socket.inode !== 0 && hasFile(socket))) continue;
    const key = endsKey(socket);
    const same = byEnds.get(key);
    if (same === undefined) byEnds.set(key, [socket]);
    else same.push(socket);
  }
  return byEnds;
}
