import { readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { parseProcNetTcp } from "#src/host/survey/proc-net-tcp.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { connect, descriptorOf, listen } from "#test/support/machine/children.ts";

const read = (file: "tcp" | "tcp6"): ReturnType<typeof parseProcNetTcp> =>
  parseProcNetTcp(readFileSync(`/proc/self/net/${file}`), 1);

describe("sockets of this process", () => {
  test.each([
    ["IPv4", "127.0.0.1", "127.0.0.1", "tcp", 0x7f000001],
    ["IPv6", "::1", "::1", "tcp6", `${"0".repeat(31)}1`],
    ["v4-mapped", "::", "127.0.0.1", "tcp6", 0x7f000001],
  ] as const)("%s", async (_, bind, host, file, address) => {
    const { server, port } = await listen(bind);
    const { client, accepted } = await connect(server, host);
    const { inode } = descriptorOf(accepted);
    client.write("hello");
    await vi.waitFor(() => {
      expect(read(file).sockets.find((row) => row.inode === inode)).toEqual({
        netns: 1,
        state: TCP.ESTABLISHED,
        localAddress: address,
        localPort: port,
        remoteAddress: address,
        remotePort: client.localPort,
        inode,
        uid: process.geteuid?.(),
        receiveQueue: 5,
        transmitQueue: 0,
      });
    });
    const listener = read(file).sockets.find((row) => row.inode === descriptorOf(server).inode);
    expect(listener).toMatchObject({ state: TCP.LISTEN, localPort: port, remotePort: 0 });
  });
});
