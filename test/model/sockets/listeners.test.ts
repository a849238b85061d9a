import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ListenerIndex, pidOfListener } from "#src/model/sockets/listeners.ts";
import { Socket } from "#src/model/sockets/socket.ts";
import { type SocketTuple } from "#src/model/net/tuple.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { ADDRESS_FAMILIES } from "#test/support/address-families.ts";

const ANY6 = "0".repeat(32);
const LOOPBACK6 = `${"0".repeat(31)}1`;
const LAN = 0x0a00_0001;

let ids = 0;

function listener(fields: Partial<Pick<Socket, "netns" | "localAddress" | "localPort" | "owner">>): Socket {
  return Object.assign(new Socket(++ids, TCP.LISTEN, 0, true), { netns: 1, localAddress: 0, localPort: 80, ...fields });
}

function connection(fields: Partial<SocketTuple> = {}): SocketTuple {
  return { netns: 1, localAddress: LAN, localPort: 80, remoteAddress: 0x0a00_0002, remotePort: 40_000, ...fields };
}

function accepting(ends: SocketTuple, ...listeners: readonly Socket[]): readonly Socket[] {
  const index = new ListenerIndex();
  for (const one of listeners) index.add(one);
  return index.accepting(ends);
}

describe("the listener that a connection came through", () => {
  test("is the one on its port", () => {
    const http = listener({});
    const https = listener({ localPort: 443 });
    expect(accepting(connection(), http, https)).toEqual([http]);
    expect(accepting(connection({ localPort: 8080 }), http, https)).toEqual([]);
  });

  test("is the one on its own address rather than the one on all, in either order", () => {
    const all = listener({});
    const own = listener({ localAddress: LAN });
    expect(accepting(connection(), all, own)).toEqual([own]);
    expect(accepting(connection(), own, all)).toEqual([own]);
    expect(accepting(connection({ localAddress: 0x7f00_0001 }), own, all)).toEqual([all]);
  });

  test("is never one on another address", () => {
    expect(accepting(connection(), listener({ localAddress: 0x7f00_0001 }))).toEqual([]);
    expect(
      accepting(connection({ localAddress: LOOPBACK6 }), listener({ localAddress: `fe80${"0".repeat(28)}` })),
    ).toEqual([]);
  });

  test("may be on [::] for IPv4, but not if there is one on 0.0.0.0", () => {
    const v6 = listener({ localAddress: ANY6 });
    const v4 = listener({});
    expect(accepting(connection(), v6)).toEqual([v6]);
    expect(accepting(connection(), v6, v4)).toEqual([v4]);
    expect(accepting(connection({ localAddress: LOOPBACK6 }), v6, v4)).toEqual([v6]);
  });

  test("is not on 0.0.0.0 for IPv6", () => {
    expect(accepting(connection({ localAddress: LOOPBACK6 }), listener({}))).toEqual([]);
  });

  test("is in the connection's own network namespace", () => {
    const here = listener({ netns: 1 });
    const there = listener({ netns: 2 });
    expect(accepting(connection({ netns: 1 }), here, there)).toEqual([here]);
    expect(accepting(connection({ netns: 2 }), here, there)).toEqual([there]);
    expect(accepting(connection({ netns: 3 }), here, there)).toEqual([]);
  });

  test("may be in any namespace if the connection's is unknown", () => {
    const here = listener({ netns: 1 });
    const there = listener({ netns: 2 });
    expect(accepting(connection({ netns: null }), here, there)).toEqual([here, there]);
  });

  test("is gone after its removal, and the others stay", () => {
    const index = new ListenerIndex();
    const first = listener({});
    const second = listener({});
    index.add(first);
    index.add(second);
    expect(index.accepting(connection())).toEqual([first, second]);
    index.remove(first);
    expect(index.accepting(connection())).toEqual([second]);
    index.remove(second);
    index.remove(second);
    expect(index.accepting(connection())).toEqual([]);
  });
});

/** How well a listener's address matches a connection: 3 equal, 2 all addresses, 1 [::] for IPv4, 0 not at all. */
function fitOf(one: Socket, ends: SocketTuple): number {
  if (ends.netns !== null && one.netns !== ends.netns) return 0;
  if (one.localPort !== ends.localPort) return 0;
  if (one.localAddress === ends.localAddress) return 3;
  if (one.localAddress === ANY6) return typeof ends.localAddress === "string" ? 2 : 1;
  return one.localAddress === 0 && typeof ends.localAddress === "number" ? 2 : 0;
}

const anyPlace = fc.record({
  netns: fc.constantFrom(1, 2, null),
  localAddress: fc.constantFrom(0, ANY6, LAN, LOOPBACK6),
  localPort: fc.constantFrom(80, 443),
});
const anyStep = fc.record({
  does: fc.constantFrom("add", "add", "remove", "move"),
  which: fc.nat(5),
  place: anyPlace,
});

describe("listeners of one port", () => {
  test("are those that match best, in the order in which they took the port", () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 40 }), anyPlace, (steps, place) => {
        const index = new ListenerIndex();
        const sockets = Array.from({ length: 6 }, () => listener({}));
        let there: Socket[] = [];
        for (const { does, which, place: to } of steps) {
          const socket = sockets[which];
          if (socket === undefined) continue;
          const isThere = there.includes(socket);
          const isNewPort = socket.localPort !== to.localPort;
          if (does === "move") Object.assign(socket, to);
          const comesLast = does === "add" || (does === "move" && isThere && isNewPort);
          if (does === "remove" || comesLast) there = there.filter((one) => one !== socket);
          if (comesLast) there.push(socket);
          if (does === "add") index.add(socket);
          else if (does === "remove") index.remove(socket);
          else index.moved(socket);
        }
        const ends = connection(place);
        const best = Math.max(1, ...there.map((one) => fitOf(one, ends)));
        expect(index.accepting(ends)).toEqual(there.filter((one) => fitOf(one, ends) === best));
        expect(index.has(80)).toBe(there.some(({ localPort }) => localPort === 80));
      }),
    );
  });

  test.each([...ADDRESS_FAMILIES])("on addresses %s are found in a few steps", (_, addressAt) => {
    const index = new ListenerIndex();
    for (let at = 0; at < 8000; at++) index.add(listener({ localAddress: addressAt(at) }));
    expect(index.longestProbe()).toBeLessThan(150);
    expect(index.accepting(connection({ localAddress: addressAt(7) })).length).toBe(1);
  });

  test("in many namespaces, and of many ports, are found in a few steps", () => {
    const index = new ListenerIndex();
    for (let at = 0; at < 4000; at++) index.add(listener({ netns: 0xf000_0000 + at }));
    for (let at = 0; at < 4000; at++) index.add(listener({ localPort: 1024 + at }));
    expect(index.longestProbe()).toBeLessThan(150);
  });
});

describe("the owner through listeners", () => {
  const nginx = { pid: 7, evidence: "syscall" } as const;
  const other = { pid: 8, evidence: "inode" } as const;

  test("is the only process that listens, even with several listeners", () => {
    expect(pidOfListener([listener({ owner: nginx })])).toBe(7);
    expect(pidOfListener([listener({ owner: nginx }), listener({ owner: nginx })])).toBe(7);
  });

  test("is unknown with two processes on one port (SO_REUSEPORT)", () => {
    const two = [listener({ owner: nginx }), listener({ owner: other })];
    expect(pidOfListener(two)).toBe(null);
    expect(pidOfListener([listener({ owner: nginx }), listener({})])).toBe(null);
    expect(pidOfListener([listener({}), listener({ owner: nginx })])).toBe(null);
  });

  test("is unknown without a known listener", () => {
    expect(pidOfListener([])).toBe(null);
    expect(pidOfListener([listener({})])).toBe(null);
  });
});
