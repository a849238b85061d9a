import { SeededMap } from "../../base/seeded-map.ts";
import type { Image, ImagedHolder, ImagedSocket } from "../events/image.ts";
import { foldImagedTimeWaits, imageTimeWaits } from "./image-time-wait.ts";
import type { Tables } from "./tables.ts";
import { countLive } from "./time-wait-fold.ts";
import type { Nanos } from "../net/nanos.ts";
import { TCP } from "../net/tcp-state.ts";
import type { Holder } from "../processes/holder.ts";
import type { Owner } from "../processes/owner.ts";
import type { Socket } from "../sockets/socket.ts";

/** Builds an image of the tables. */
export function buildImage(tables: Tables): Image {
  const leaked = Array.from(tables.leakedDescriptors.entries(), ([inode, descriptor]) => {
    const { socket, since, sinceIsExact, at, isConfirmed } = descriptor;
    return { socket, row: { id: socket.id, inode, since, sinceIsExact, at, isConfirmed } };
  });
  const sockets = [...tables.sockets, ...leaked.map(({ socket }) => socket)];
  const processes = [...tables.processes];
  const { clock, surveys, counts } = tables;
  return {
    kind: "image",
    at: clock.now,
    complete: surveys.isComplete,
    isSeeded: surveys.isSeeded,
    surveys: surveys.count,
    nextId: tables.sockets.nextId,
    timeWaits: imageTimeWaits(tables),
    missing: counts.missing,
    told: clock.watermark,
    detailsAt: finite(surveys.detailsAt),
    sockets: sockets.map(imageOf),
    holders: sockets.flatMap(({ id, holders }) => holders.map(({ pid, fd }) => ({ id, pid, fd }))),
    processes: processes.map(({ pid, comm, uid, lastSeen }) => ({ pid, comm, uid, lastSeen })),
    facts: processes.map(({ facts }) => facts).filter((facts) => facts !== null),
    vanished: leaked.map(({ row }) => row),
  };
}

function imageOf(socket: Socket): ImagedSocket {
  const { id, address, netns, localAddress, localPort, remoteAddress, remotePort, state, since, sinceIsExact } = socket;
  const { role, inode, owner, receiveQueue, backlog, detailAt, sentAt, lastTraced } = socket;
  const tuple = { netns, localAddress, localPort, remoteAddress, remotePort };
  return {
    ...tuple,
    id,
    address,
    state,
    since,
    sinceIsExact,
    role,
    inode,
    pid: owner.pid,
    evidence: owner.evidence,
    receiveQueue,
    backlog,
    detailAt: finite(detailAt),
    sentAt: finite(sentAt),
    lastTraced,
  };
}

function finite(at: Nanos): Nanos | null {
  return Number.isFinite(at) ? at : null;
}

/** Restores the tables, which must be empty, from an image. */
export function foldImage(tables: Tables, image: Image): void {
  tables.surveys.restore(image);
  tables.counts.skip(image.missing);
  tables.clock.raiseWatermark(image.told);
  for (const facts of image.facts) tables.processes.learn(facts, image.at);
  for (const { pid, comm, uid, lastSeen } of image.processes) {
    const process = tables.processes.seen(pid, comm, lastSeen);
    process.uid = uid;
    process.lastSeen = lastSeen;
  }
  const holders = holdersById(image.holders);
  const leaked = new SeededMap<number, (typeof image.vanished)[number]>();
  for (const row of image.vanished) leaked.set(row.id, row);
  for (const row of image.sockets) {
    const socket = restore(tables, row, holders.get(row.id) ?? []);
    const descriptor = leaked.get(row.id);
    if (descriptor === undefined) continue;
    tables.sockets.remove(socket);
    const { inode, since, sinceIsExact, at, isConfirmed } = descriptor;
    tables.leakedDescriptors.restore(inode, { socket, since, sinceIsExact, at, isConfirmed });
  }
  foldImagedTimeWaits(tables, image.timeWaits);
  tables.sockets.skipIds(image.nextId);
}

function restore(tables: Tables, row: ImagedSocket, holders: readonly Holder[]): Socket {
  const { sockets } = tables;
  const socket = sockets.create(row.state, row.since, row.sinceIsExact, row.id);
  socket.netns = row.netns;
  socket.localAddress = row.localAddress;
  socket.localPort = row.localPort;
  socket.remoteAddress = row.remoteAddress;
  socket.remotePort = row.remotePort;
  if (row.address === null) sockets.indexTuple(socket);
  else sockets.setAddress(socket, row.address);
  if (row.inode !== null) sockets.setInode(socket, row.inode);
  if (row.state === TCP.LISTEN) sockets.addListener(socket);
  sockets.setRole(socket, row.role);
  sockets.setOwner(socket, ownerOf(row), holders);
  socket.receiveQueue = row.receiveQueue;
  socket.backlog = row.backlog;
  socket.detailAt = row.detailAt ?? -Infinity;
  socket.sentAt = row.sentAt ?? -Infinity;
  socket.lastTraced = row.lastTraced;
  socket.surveyed = tables.surveys.count;
  if (row.state !== TCP.LISTEN) countLive(tables, socket, null);
  return socket;
}

function ownerOf({ pid, evidence }: ImagedSocket): Owner {
  if (pid === null || evidence === "unknown") return { pid: null, evidence: "unknown" };
  return { pid, evidence };
}

function holdersById(rows: readonly ImagedHolder[]): SeededMap<number, Holder[]> {
  const holders = new SeededMap<number, Holder[]>();
  for (const { id, pid, fd } of rows) {
    const known = holders.get(id);
    if (known === undefined) holders.set(id, [{ pid, fd }]);
    else known.push({ pid, fd });
  }
  return holders;
}
