import { statSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { findNamespaces, parseNetnsLink, readNamespaceTables } from "#src/host/survey/namespaces.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { asNobody, descriptorOf, gonePid, listen, startChild } from "#test/support/machine/children.ts";
import { NEEDS_ROOT } from "#test/support/machine/needs-root.ts";

const LISTENER = `const s = require("net").createServer().listen(0, "0.0.0.0", () =>
  console.log(s.address().port, require("fs").fstatSync(s._handle.fd).ino));`;

const netnsOf = (pid: number): number => statSync(`/proc/${pid}/ns/net`).ino;

test("parseNetnsLink", () => {
  expect(parseNetnsLink("net:[4026531840]")).toBe(4026531840);
  for (const link of ["mnt:[1]", "net:[]", "", "/net:[1]", "net:[1]\n"]) expect(parseNetnsLink(link)).toBeNull();
});

describe("a child in a namespace of its own", NEEDS_ROOT, () => {
  test("is found there, with its sockets", async () => {
    const { pid, ready } = await startChild(LISTENER, { prefix: ["unshare", "-n"] });
    const [port, inode] = ready.map(Number);
    const { members, unreadable } = await findNamespaces([process.pid, pid]);
    expect([...members]).toEqual([
      [netnsOf(process.pid), [process.pid]],
      [netnsOf(pid), [pid]],
    ]);
    expect(unreadable).toBe(0);
    expect(await readNamespaceTables(netnsOf(pid), [pid])).toEqual({
      sockets: [
        {
          netns: netnsOf(pid),
          state: TCP.LISTEN,
          localAddress: 0,
          localPort: port,
          remoteAddress: 0,
          remotePort: 0,
          inode,
          uid: 0,
          receiveQueue: 0,
          transmitQueue: 0,
        },
      ],
      timeWaits: [],
    });
  });

  test("may not be read by other users", async () => {
    const { pid } = await startChild(LISTENER);
    const found = await asNobody(() => findNamespaces([pid]));
    expect(found).toEqual({ members: new Map(), unreadable: 1 });
  });
});

describe("tables", () => {
  test("both families are read, through the first process that still exists", async () => {
    const ours = await Promise.all([listen("127.0.0.1"), listen("::1")]);
    const tables = await readNamespaceTables(5, [await gonePid(), process.pid]);
    if (tables === null || tables === "gone") throw new Error("not read");
    for (const { server, port } of ours) {
      const { inode } = descriptorOf(server);
      expect(tables.sockets.find((socket) => socket.inode === inode)).toMatchObject({ netns: 5, localPort: port });
    }
  });

  test("all processes have gone", async () => {
    const pid = await gonePid();
    expect(await readNamespaceTables(5, [pid])).toBe("gone");
    expect(await findNamespaces([pid])).toEqual({ members: new Map(), unreadable: 0 });
  });
});

test("more rows than fit into a block: each once", async () => {
  const servers = await Promise.all(Array.from({ length: 2500 }, () => listen("127.0.0.1")));
  const tables = await readNamespaceTables(5, [process.pid]);
  if (tables === null || tables === "gone") throw new Error("not read");
  const seen = new Map<number, number>();
  for (const { inode } of tables.sockets) seen.set(inode, (seen.get(inode) ?? 0) + 1);
  for (const { server } of servers) expect(seen.get(descriptorOf(server).inode)).toBe(1);
});
