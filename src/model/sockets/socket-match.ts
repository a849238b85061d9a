import type { SurveyedTuple } from "../net/tuple.ts";
import { TupleIndex } from "./tuple-index.ts";
import type { SocketTable } from "./socket-table.ts";
import { type Socket, hasFile } from "./socket.ts";

/** Finds the socket of a row of the kernel's tables: by inode, else by tuple. */
export function socketMatcher(
  sockets: SocketTable,
): (row: SurveyedTuple & { readonly inode: number }) => Socket | undefined {
  let traced: TupleIndex | null = null;
  return (row) => {
    const byInode = row.inode === 0 ? undefined : sockets.atInode(row.inode);
    if (byInode !== undefined) return byInode;
    traced ??= tracedWithoutInode(sockets);
    const byTuple = traced.at(row).find((socket) => socket.netns === null || socket.netns === row.netns);
    return byTuple ?? sockets.untraced(row, row.inode);
  };
}

/** Traced sockets that can be matched by tuple only. */
function tracedWithoutInode(sockets: SocketTable): TupleIndex {
  const byTuple = new TupleIndex();
  for (const socket of sockets) {
    if (socket.address === null || (socket.inode !== null && socket.inode !== 0 && hasFile(socket))) continue;
    byTuple.add(socket);
  }
  return byTuple;
}
