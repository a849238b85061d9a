import { once } from "node:events";
import { readdirSync, readlinkSync, statSync } from "node:fs";
import net from "node:net";
import { describe, expect, test, vi } from "vitest";
import { listPids } from "#src/host/processes/processes.ts";
import { takeSurvey } from "#src/host/survey/survey.ts";
import type { Survey } from "#src/model/events/survey.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { asNobody, connect, descriptorOf, listen, startChild } from "#test/support/machine/children.ts";
import { NEEDS_ROOT } from "#test/support/machine/needs-root.ts";

const survey = (): Promise<Survey> => takeSurvey(() => 1);

const holdersOf = ({ processes }: Survey, inode: number): { pid: number; fd: number | null }[] =>
  processes.flatMap(({ pid, sockets }) =>
    sockets.filter((socket) => socket.inode === inode).map(({ fd }) => ({ pid, fd })),
  );

test("`at` is when reading began, `until` when it ended", async () => {
  const now = vi.fn<() => number>().mockReturnValueOnce(41).mockReturnValueOnce(42);
  const { kind, at, until } = await takeSurvey(now);
  expect({ kind, at, until }).toEqual({ kind: "survey", at: 41, until: 42 });
});

test("a socket, its process and its descriptor", async () => {
  const { server } = await listen("::");
  const { accepted } = await connect(server, "127.0.0.1");
  const { inode, fd } = descriptorOf(accepted);
  const seen = await survey();
  const socket = seen.sockets.filter((row) => row.inode === inode);
  expect(socket).toMatchObject([{ netns: statSync("/proc/self/ns/net").ino, state: TCP.ESTABLISHED }]);
  expect(holdersOf(seen, inode)).toEqual([{ pid: process.pid, fd }]);
  expect(seen.processes.find(({ pid }) => pid === process.pid)?.comm).not.toBe("");
});

test("two processes that hold the same socket are both reported", async () => {
  const { server } = await listen("127.0.0.1");
  const { inode, fd } = descriptorOf(server);
  const { pid } = await startChild(`console.log("ready");`, { inherit: fd });
  const holders = holdersOf(await survey(), inode);
  expect(holders).toHaveLength(2);
  expect(holders).toEqual(
    expect.arrayContaining([
      { pid: process.pid, fd },
      { pid, fd: 3 },
    ]),
  );
});

test("a leak: the peer has closed, this process has not", async () => {
  const { server } = await listen("127.0.0.1");
  const { client, accepted } = await connect(server, "127.0.0.1");
  const { inode } = descriptorOf(accepted);
  client.end();
  await vi.waitFor(async () => {
    const { sockets } = await survey();
    expect(sockets.find((row) => row.inode === inode)?.state).toBe(TCP.CLOSE_WAIT);
  });
});

test("TIME_WAIT is counted", async () => {
  const { server, port } = await listen("127.0.0.1");
  server.on("connection", (socket) => socket.resume().on("end", () => socket.end()));
  const before = (await survey()).timeWaits.length;
  // The side that closes first stays behind in TIME_WAIT for 60 s; 20 are more than those that end meanwhile.
  for (let i = 0; i < 20; i += 1) {
    const client = net.connect(port, "127.0.0.1").resume();
    client.end();
    await once(client, "close");
  }
  await vi.waitFor(async () => {
    const { timeWaits, sockets } = await survey();
    expect(timeWaits.length).toBeGreaterThan(before);
    expect(sockets.some(({ state }) => state === TCP.TIME_WAIT)).toBe(false);
  });
});

test("processes without TCP sockets are left out", async () => {
  const { pid } = await startChild(`console.log("ready");`);
  expect((await survey()).processes.map((process_) => process_.pid)).not.toContain(pid);
});

describe("as root", NEEDS_ROOT, () => {
  test("sockets of other namespaces, and who holds them", async () => {
    const { pid, ready } = await startChild(
      `const s = require("net").createServer().listen(0, "::", () =>
         console.log(s._handle.fd, require("fs").fstatSync(s._handle.fd).ino));`,
      { prefix: ["unshare", "-n"] },
    );
    const [fd = -1, inode = -1] = ready.map(Number);
    const seen = await survey();
    expect(seen.sockets.find((row) => row.inode === inode)?.netns).toBe(statSync(`/proc/${pid}/ns/net`).ino);
    expect(holdersOf(seen, inode)).toEqual([{ pid, fd }]);
  });

  test("not complete if other users' processes cannot be read, even if their sockets can", async () => {
    const { pid, ready } = await startChild(
      `const s = require("net").createServer().listen(0, "127.0.0.1", () =>
         console.log(require("fs").fstatSync(s._handle.fd).ino));`,
    );
    const inode = Number(ready[0]);
    const seen = await asNobody(survey);
    expect(seen.complete).toBe(false);
    expect(seen.sockets.some((row) => row.inode === inode)).toBe(true);
    expect(holdersOf(seen, inode)).toEqual([]);
    expect(holdersOf(await survey(), inode)).toMatchObject([{ pid }]);
  });

  test("complete unless some process refuses even root", async () => {
    expect((await survey()).complete).toBe(!listPids().some((pid) => isDenied(pid)));
  });
});

/** Whether some process hides its descriptors or its namespace from us, as pid 1 of some sandboxes does. */
function isDenied(pid: number): boolean {
  try {
    readlinkSync(`/proc/${pid}/ns/net`);
    readdirSync(`/proc/${pid}/fd`);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EACCES";
  }
}
