import type { SurveyedTuple } from "../net/tuple.ts";
import { TupleIndex } from "./tuple-index.ts";
import type { SocketTable } from "./socket-table.ts";
import { type Socket, hasFile } from "./socket.ts";

/** Finds the socket that a row of the kernel's tables is about, as they stand now: by inode, else by its ends. */
export function socketMatcher(
  sockets: SocketTable,
): (row: SurveyedTuple & { readonly inode: number }) => Socket | undefined {
  let traced: TupleIndex | null = null;
  return (row) => {
    const byInode = row.inode === 0 ? undefined : sockets.atInode(row.inode);
    if (byInode !== undefined) return byInode;
    traced ??= tracedWithoutInode(sockets);
    const byEnds = traced.at(row).find((socket) => socket.netns === null || socket.netns === row.netns);
    return byEnds ?? sockets.untraced(row, row.inode);
  };
}

/** Traced sockets that a row can only be matched to by its ends. */
function tracedWithoutInode(sockets: SocketTable): TupleIndex {
  const byEnds = new TupleIndex();
  for (const socket of sockets) {
    if (socket.address === null || (socket.inode !== null && socket.inode !== 0 && hasFile(socket))) continue;
    byEnds.add(socket);
  }
  return byEnds;
}
