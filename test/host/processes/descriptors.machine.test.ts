import { describe, expect, test } from "vitest";
import { parseSocketLink, procDescriptors } from "#src/host/processes/descriptors.ts";
import { connect, descriptorOf, asNobody, gonePid, listen, startChild } from "#test/support/machine/children.ts";
import { NEEDS_ROOT } from "#test/support/machine/needs-root.ts";

/** The sockets of a process, by descriptor. */
function socketsOf(pid: number): Map<number, number> {
  const sockets = new Map<number, number>();
  for (const fd of procDescriptors.list(pid)) {
    const inode = parseSocketLink(procDescriptors.link(pid, fd) ?? "");
    if (inode !== null) sockets.set(fd, inode);
  }
  return sockets;
}

describe("procDescriptors", () => {
  test("the sockets of this process and no longer the closed ones", async () => {
    const { server } = await listen("127.0.0.1");
    const { client, accepted } = await connect(server, "127.0.0.1");
    const mine = [server, client, accepted].map((handle) => descriptorOf(handle));
    const seen = socketsOf(process.pid);
    for (const { fd, inode } of mine) expect(seen.get(fd)).toBe(inode);
    const closed = descriptorOf(client);
    client.destroy();
    await new Promise((resolve) => client.once("close", resolve));
    expect([...socketsOf(process.pid).values()]).not.toContain(closed.inode);
  });

  test("a child that inherits a socket holds it under its own number", async () => {
    const { server } = await listen("127.0.0.1");
    const { fd, inode } = descriptorOf(server);
    const { pid } = await startChild(`console.log("ready");`, { inherit: fd });
    expect(socketsOf(pid).get(3)).toBe(inode);
    expect(procDescriptors.info(pid, 3)).toContain(`ino:\t${inode}\n`);
  });

  test("as many as are listed, where the kernel counts them", async () => {
    const { pid } = await startChild(`console.log("ready");`);
    const count = procDescriptors.count(pid);
    expect(count ?? [...procDescriptors.list(pid)].length).toBe([...procDescriptors.list(pid)].length);
  });

  test("a closed descriptor is no failure, a process that has gone is one", async () => {
    expect(procDescriptors.link(process.pid, 987_654)).toBeNull();
    expect(procDescriptors.info(process.pid, 987_654)).toBeNull();
    const pid = await gonePid();
    expect(() => [...procDescriptors.list(pid)]).toThrow(/ENOENT/);
    expect(() => procDescriptors.count(pid)).toThrow(/ENOENT/);
  });

  test("those of others may not be read", NEEDS_ROOT, async () => {
    const { pid } = await startChild(`console.log("ready");`);
    await asNobody(() => expect(() => [...procDescriptors.list(pid)]).toThrow(/EACCES/));
    expect([...procDescriptors.list(pid)]).toContain(0);
  });
});
