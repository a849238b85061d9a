import { once } from "node:events";
import { describe, expect, test, vi } from "vitest";
import { type Descriptors, procDescriptors } from "#src/host/processes/descriptors.ts";
import { type FoundHolders, HolderFinder } from "#src/host/processes/holders.ts";
import type { SurveyedSocket } from "#src/model/events/survey.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { asNobody, connect, descriptorOf, gonePid, listen, startChild } from "#test/support/machine/children.ts";
import { NEEDS_ROOT } from "#test/support/machine/needs-root.ts";

const SECOND = 1e9;
const READY = `console.log("ready");`;
const RING = "anon_inode:[io_uring]";

const rows = (...inodes: number[]): SurveyedSocket[] =>
  inodes.map((inode) => ({
    netns: 1,
    state: TCP.ESTABLISHED,
    localAddress: 1,
    localPort: 1,
    remoteAddress: 1,
    remotePort: 1,
    inode,
    uid: 0,
    receiveQueue: 0,
    transmitQueue: 0,
  }));

const holdersOf = ({ processes }: FoundHolders, inode: number): { pid: number; fd: number | null }[] =>
  processes.flatMap(({ pid, sockets }) =>
    sockets.filter((socket) => socket.inode === inode).map(({ fd }) => ({ pid, fd })),
  );

/** A finder, and how many links and directories it has read. */
function counted(descriptors: Descriptors = procDescriptors) {
  const link = vi.fn((pid: number, fd: number) => descriptors.link(pid, fd));
  const list = vi.fn((pid: number) => descriptors.list(pid));
  return { finder: new HolderFinder({ ...descriptors, link, list }), link, list };
}

/** Replaces the descriptors of real processes: links by number; a ring's table follows its link. */
function pretend(files: Map<number, Record<number, string | readonly number[]>>): Descriptors {
  const file = (pid: number, fd: number): string | readonly number[] | null => files.get(pid)?.[fd] ?? null;
  return {
    count: (pid) => Object.keys(files.get(pid) ?? {}).length,
    list: (pid) => Object.keys(files.get(pid) ?? {}).map(Number),
    link: (pid, fd) => (Array.isArray(file(pid, fd)) ? RING : String(file(pid, fd))),
    info(pid, fd) {
      const table = file(pid, fd);
      if (table === null || typeof table === "string") return null;
      return `UserFiles:\t${table.length}\n${table.map((inode, index) => `${index}: socket:[${inode}]\n`).join("")}`;
    },
  };
}

test("a socket that loses its row while held is reported once, a closed one is not", async () => {
  const { server } = await listen("127.0.0.1");
  const { client, accepted } = await connect(server, "127.0.0.1");
  const [held, closing] = [descriptorOf(accepted).inode, descriptorOf(client).inode];
  const finder = new HolderFinder();
  const pids = [process.pid];
  expect((await finder.find({ pids, sockets: rows(held, closing), at: 0 })).rowless).toEqual([]);
  client.destroy();
  await once(client, "close");
  expect((await finder.find({ pids, sockets: [], at: SECOND })).rowless).toEqual([held]);
  expect((await finder.find({ pids, sockets: [], at: 2 * SECOND })).rowless).toEqual([]);
});

describe("only what is unknown is looked up", () => {
  test("when nothing has changed, nothing is read", async () => {
    const { server } = await listen("127.0.0.1");
    const { fd, inode } = descriptorOf(server);
    const { pid } = await startChild(READY, { inherit: fd });
    const { finder, link, list } = counted();
    const first = await finder.find({ pids: [pid], sockets: rows(inode), at: 0 });
    expect(holdersOf(first, inode)).toEqual([{ pid, fd: 3 }]);
    expect(link).toHaveBeenCalledWith(pid, 3);
    link.mockClear();
    list.mockClear();
    const second = await finder.find({ pids: [pid], sockets: rows(inode), at: SECOND });
    expect(holdersOf(second, inode)).toEqual([{ pid, fd: 3 }]);
    expect(link).not.toHaveBeenCalled();
    expect(list.mock.calls.length).toBe(procDescriptors.count(pid) === null ? 1 : 0);
  });

  test("a new socket is found without reading the old ones", async () => {
    const { server } = await listen("127.0.0.1");
    const old = descriptorOf(server);
    const { finder, link } = counted();
    await finder.find({ pids: [process.pid], sockets: rows(old.inode), at: 0 });
    link.mockClear();
    const { accepted } = await connect(server, "127.0.0.1");
    const { inode, fd } = descriptorOf(accepted);
    const found = await finder.find({ pids: [process.pid], sockets: rows(old.inode, inode), at: SECOND });
    expect(holdersOf(found, inode)).toEqual([{ pid: process.pid, fd }]);
    expect(holdersOf(found, old.inode)).toEqual([{ pid: process.pid, fd: old.fd }]);
    expect(link).toHaveBeenCalledWith(process.pid, fd);
    expect(link).not.toHaveBeenCalledWith(process.pid, old.fd);
  });

  test("the holder changes when one of two processes closes the socket", async () => {
    const { server } = await listen("127.0.0.1");
    const { fd, inode } = descriptorOf(server);
    const closer = `process.on("SIGUSR2", () => require("fs").closeSync(3)); ${READY}`;
    const { pid } = await startChild(closer, { inherit: fd });
    const finder = new HolderFinder();
    await finder.find({ pids: [pid], sockets: rows(inode), at: 0 });
    const { pid: other } = await startChild(READY, { inherit: fd });
    const query = { pids: [pid, other], sockets: rows(inode), at: SECOND };
    expect(holdersOf(await finder.find(query), inode)).toEqual([{ pid, fd: 3 }]);
    process.kill(pid, "SIGUSR2");
    await vi.waitFor(() => expect(procDescriptors.link(pid, 3)).toBeNull());
    expect(holdersOf(await finder.find(query), inode)).toEqual([{ pid: other, fd: 3 }]);
  });

  test("after ten seconds, and on demand, everything is read: there may be more holders", async () => {
    const { server } = await listen("127.0.0.1");
    const { fd, inode } = descriptorOf(server);
    const { pid } = await startChild(READY, { inherit: fd });
    const { pid: other } = await startChild(READY, { inherit: fd });
    const sockets = rows(inode);
    const start = async (): Promise<HolderFinder> => {
      const finder = new HolderFinder();
      await finder.find({ pids: [pid], sockets, at: SECOND });
      return finder;
    };
    const pids = [pid, other];
    const both = pids.map((holder) => ({ pid: holder, fd: 3 }));
    const finder = await start();
    expect(holdersOf(await finder.find({ pids, sockets, at: 10.9 * SECOND }), inode)).toEqual([both[0]]);
    expect(holdersOf(await finder.find({ pids, sockets, at: 11 * SECOND }), inode)).toEqual(both);
    expect(holdersOf(await (await start()).find({ pids, sockets, at: 2 * SECOND, exact: true }), inode)).toEqual(both);
  });

  test("a socket without a holder is looked for once, and again after ten seconds", async () => {
    const { server } = await listen("127.0.0.1");
    const { fd, inode } = descriptorOf(server);
    const { pid } = await startChild(READY, { inherit: fd });
    const { finder, link } = counted();
    const nobodys = 4_000_000_001;
    const reads: boolean[] = [];
    for (const [at, ...more] of [[0], [1], [2, nobodys], [3, nobodys], [12, nobodys], [13, nobodys]] as const) {
      link.mockClear();
      await finder.find({ pids: [pid], sockets: rows(inode, ...more), at: at * SECOND });
      reads.push(link.mock.calls.length > 0);
    }
    expect(reads).toEqual([true, false, true, false, true, false]);
  });

  test("a descriptor that was reused for a new socket, while another process still holds the old one", async () => {
    const { pid } = await startChild(READY);
    const files = new Map([
      [process.pid, { 3: "socket:[11]" }],
      [pid, { 3: "socket:[11]", 4: "socket:[12]" }],
    ]);
    const { finder, link } = counted(pretend(files));
    const pids = [process.pid, pid];
    await finder.find({ pids, sockets: rows(11, 12), at: 0 });
    files.set(process.pid, { 3: "socket:[13]" });
    link.mockClear();
    const found = await finder.find({ pids, sockets: rows(11, 12, 13), at: SECOND });
    expect(holdersOf(found, 13)).toEqual([{ pid: process.pid, fd: 3 }]);
    expect(holdersOf(found, 11)).toEqual([{ pid, fd: 3 }]);
    expect(link).not.toHaveBeenCalledWith(pid, 4);
  });

  test("a later process with the same pid is a different one", async () => {
    const { finder } = counted(pretend(new Map([[process.pid, { 3: "socket:[11]" }]])));
    await finder.find({ pids: [process.pid], sockets: rows(11), at: 0 });
    const found = await finder.find({ pids: [await gonePid()], sockets: rows(11), at: SECOND });
    expect(found.processes).toEqual([]);
  });
});

describe("a socket without a row", () => {
  test("is reported as long as a process holds it", async () => {
    const { server } = await listen("127.0.0.1");
    const { fd, inode } = descriptorOf(server);
    const { finder, link } = counted();
    const pids = [process.pid];
    await finder.find({ pids, sockets: rows(inode), at: 0 });
    link.mockClear();
    for (const at of [1, 2]) {
      expect(holdersOf(await finder.find({ pids, sockets: [], at }), inode)).toEqual([{ pid: process.pid, fd }]);
    }
    // Nothing else shows that it is still held, so its descriptor alone is read every time.
    expect(link.mock.calls).toEqual([
      [process.pid, fd],
      [process.pid, fd],
    ]);
    expect(holdersOf(await finder.find({ pids, sockets: [], at: 20 * SECOND }), inode)).toHaveLength(1);
    server.close();
    await once(server, "close");
    expect(holdersOf(await finder.find({ pids, sockets: [], at: 21 * SECOND }), inode)).toEqual([]);
  });

  test("is not mistaken for a new one with the same descriptor", async () => {
    const files = new Map([[process.pid, { 3: "socket:[11]" }]]);
    const finder = new HolderFinder(pretend(files));
    const pids = [process.pid];
    await finder.find({ pids, sockets: rows(11), at: 0 });
    files.set(process.pid, { 3: "socket:[12]" });
    const found = await finder.find({ pids, sockets: rows(12), at: SECOND });
    expect(found.processes).toMatchObject([{ pid: process.pid, sockets: [{ inode: 12, fd: 3 }] }]);
  });

  test("is found only if it was remembered", async () => {
    const { server } = await listen("127.0.0.1");
    const { fd, inode } = descriptorOf(server);
    const finder = new HolderFinder();
    const query = { pids: [process.pid], sockets: [], at: 0 };
    expect(holdersOf(await finder.find(query), inode)).toEqual([]);
    expect(holdersOf(await finder.find(query), inode)).toEqual([]);
    finder.remember(inode);
    expect(holdersOf(await finder.find(query), inode)).toEqual([{ pid: process.pid, fd }]);
    expect(holdersOf(await finder.find(query), inode)).toEqual([{ pid: process.pid, fd }]);
  });

  test("without a holder is forgotten, and does not cause a search every time", async () => {
    const files = new Map([[process.pid, { 3: "socket:[11]" }]]);
    const { finder, list } = counted(pretend(files));
    const query = { pids: [process.pid], sockets: [], at: 0 };
    await finder.find(query);
    finder.remember(11_000);
    await finder.find(query);
    expect(list).toHaveBeenCalledTimes(2);
    await finder.find(query);
    expect(list).toHaveBeenCalledTimes(2);
  });
});

test("sockets registered with an io_uring need no descriptor", async () => {
  const files = new Map([[process.pid, { 3: [11, 12] as readonly number[], 4: "socket:[13]" }]]);
  const finder = new HolderFinder(pretend(files));
  const pids = [process.pid];
  const found = await finder.find({ pids, sockets: rows(11, 13), at: 0 });
  expect(holdersOf(found, 11)).toEqual([{ pid: process.pid, fd: null }]);
  expect(holdersOf(found, 12)).toEqual([]);
  expect(holdersOf(found, 13)).toEqual([{ pid: process.pid, fd: 4 }]);
  files.set(process.pid, { 3: [12], 4: "socket:[13]" });
  const later = await finder.find({ pids, sockets: rows(12, 13), at: SECOND });
  expect(holdersOf(later, 11)).toEqual([]);
  expect(holdersOf(later, 12)).toEqual([{ pid: process.pid, fd: null }]);
});

test("processes that may not be read are named, every time", NEEDS_ROOT, async () => {
  const { pid } = await startChild(READY);
  const finder = new HolderFinder();
  const query = { pids: [process.pid, pid], sockets: [], at: 0 };
  await asNobody(async () => {
    expect((await finder.find(query)).unreadable).toContain(pid);
    expect((await finder.find(query)).unreadable).toContain(pid);
    expect((await finder.find({ ...query, pids: [process.pid] })).unreadable).not.toContain(pid);
  });
  expect((await finder.find({ ...query, exact: true })).unreadable).toEqual([]);
});
