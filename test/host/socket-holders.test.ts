import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSocketLink, readSocketDescriptors } from "../../src/host/socket-holders.ts";
import { connect, descriptorOf, asNobody, gonePid, isRoot, listen, startChild } from "./children.ts";
import { TimeSlice } from "../../src/host/time-slice.ts";

describe("parseSocketLink", () => {
  test("links", () => {
    expect(parseSocketLink("socket:[4242]")).toBe(4242);
    for (const link of ["pipe:[4242]", "/tmp/socket:[1]", "socket:[1] (deleted)", "socket:[]", "", "socket:[1x]"]) {
      expect(parseSocketLink(link)).toBeNull();
    }
  });

  test("any inode, and any text", () => {
    fc.assert(
      fc.property(fc.nat(), (inode) => {
        expect(parseSocketLink(`socket:[${inode}]`)).toBe(inode);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        const inode = parseSocketLink(text);
        expect(inode === null || text === `socket:[${text.slice(8, -1)}]`).toBe(true);
      }),
    );
  });
});

describe("readSocketDescriptors", () => {
  test("the sockets of this process and no longer the closed ones", async () => {
    const { server } = await listen("127.0.0.1");
    const { client, accepted } = await connect(server, "127.0.0.1");
    const mine = [server, client, accepted].map((handle) => descriptorOf(handle));
    const seen = await readSocketDescriptors(process.pid);
    for (const { fd, inode } of mine) expect(seen).toContainEqual({ fd, inode });
    const closed = descriptorOf(client);
    client.destroy();
    await new Promise((resolve) => client.once("close", resolve));
    expect(await readSocketDescriptors(process.pid)).not.toContainEqual(closed);
  });

  test("a child that inherits a socket holds it under its own number", async () => {
    const { server } = await listen("127.0.0.1");
    const { fd, inode } = descriptorOf(server);
    const { pid } = await startChild(`console.log("ready");`, { inherit: fd });
    expect(await readSocketDescriptors(pid)).toContainEqual({ fd: 3, inode });
  });

  test("a process that has gone has none", async () => {
    expect(await readSocketDescriptors(await gonePid())).toEqual([]);
  });

  test.skipIf(!isRoot)("null where they may not be read", async () => {
    const { pid } = await startChild(`console.log("ready");`);
    expect(await asNobody(() => readSocketDescriptors(pid))).toBeNull();
    expect(await readSocketDescriptors(pid)).not.toBeNull();
  });
});

describe("TimeSlice", () => {
  test("others get their turn, and a new slice begins", async () => {
    const slice = new TimeSlice();
    while (!slice.isOver());
    let turns = 0;
    setImmediate(() => (turns += 1));
    await slice.rest();
    expect(turns).toBe(1);
  });

  test("an abort ends the work", async () => {
    await expect(new TimeSlice(AbortSignal.abort()).rest()).rejects.toThrow(/abort/i);
  });
});
