import { describe, expect, test } from "vitest";
import { ListenerIndex, pidOfListener } from "#src/model/sockets/listeners.ts";
import { Socket } from "#src/model/sockets/socket.ts";
import { type SocketTuple } from "#src/model/net/tuple.ts";
import { TCP } from "#src/model/net/tcp-state.ts";

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

  test("is the one on its own address before the one on all, in whichever order they came", () => {
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

  test("may be on [::] for IPv4, but not where there is one on 0.0.0.0", () => {
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

  test("may be in any namespace where the connection's is not known", () => {
    const here = listener({ netns: 1 });
    const there = listener({ netns: 2 });
    expect(accepting(connection({ netns: null }), here, there)).toEqual([here, there]);
  });

  test("is gone when it was removed, and the others stay", () => {
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

describe("the owner through listeners", () => {
  const nginx = { pid: 7, evidence: "syscall" } as const;
  const other = { pid: 8, evidence: "inode" } as const;

  test("is the one process that listens, however often", () => {
    expect(pidOfListener([listener({ owner: nginx })])).toBe(7);
    expect(pidOfListener([listener({ owner: nginx }), listener({ owner: nginx })])).toBe(7);
  });

  test("is unknown with two processes on one port (SO_REUSEPORT)", () => {
    const two = [listener({ owner: nginx }), listener({ owner: other })];
    expect(pidOfListener(two)).toBe(null);
    expect(pidOfListener([listener({ owner: nginx }), listener({})])).toBe(null);
    expect(pidOfListener([listener({}), listener({ owner: nginx })])).toBe(null);
  });

  test("is unknown where nobody is known to listen", () => {
    expect(pidOfListener([])).toBe(null);
    expect(pidOfListener([listener({})])).toBe(null);
  });
});
