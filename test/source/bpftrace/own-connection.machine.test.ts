import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Accept, Transition } from "#src/model/events/event.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { OwnConnection } from "#src/source/bpftrace/own-connection.ts";

const LOOPBACK = 0x7f00_0001;

/** The ports that this process listens on, from /proc. */
function listeningPorts(): number[] {
  const own = new Set<string>();
  for (const fd of readdirSync("/proc/self/fd")) {
    try {
      own.add(/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1] ?? "");
    } catch {
      // Closed meanwhile.
    }
  }
  const rows = readFileSync("/proc/self/net/tcp", "latin1")
    .split("\n")
    .map((row) => row.trim().split(/\s+/));
  return rows
    .filter((row) => row[3] === "0A" && own.has(row[9] ?? "none"))
    .map((row) => Number.parseInt(row[1]?.split(":")[1] ?? "", 16));
}

function transition(fields: Partial<Transition>): Transition {
  return {
    kind: "transition",
    at: 1,
    address: 0x8881_0000_0001,
    from: TCP.CLOSE,
    to: TCP.SYN_SENT,
    netns: null,
    localAddress: LOOPBACK,
    localPort: 0,
    remoteAddress: LOOPBACK,
    remotePort: 0,
    inode: null,
    evidence: null,
    task: null,
    ...fields,
  };
}

const LISTENER = 0x8881_0000_0100;
const CLIENT = 0x8881_0000_0200;
const CHILD = 0x8881_0000_0300;

let own: OwnConnection;
let port: number;

beforeEach(async () => {
  const before = new Set(listeningPorts());
  own = new OwnConnection();
  port = await vi.waitFor(() => {
    const found = listeningPorts().find((one) => !before.has(one));
    if (found === undefined) throw new Error("not listening yet");
    return found;
  });
});

afterEach(() => {
  vi.useRealTimers();
  own.close();
});

async function isSeen(): Promise<boolean> {
  return Promise.race([own.seen.then(() => true), new Promise<false>((resolve) => setImmediate(() => resolve(false)))]);
}

const birth = (): Transition => transition({ address: CLIENT, remotePort: port });
const foreign = (fields: Partial<Transition> = {}): Transition =>
  transition({ address: 0x8881_0000_0900, localPort: 50_000, remotePort: port === 443 ? 80 : 443, ...fields });
const listenersEnd = (): Transition =>
  transition({ address: LISTENER, from: TCP.LISTEN, to: TCP.CLOSE, localPort: port });

describe("tcptrace's own connections", () => {
  test("are recognised from the first event to the last, and the first one resolves `seen`", async () => {
    expect(await isSeen()).toBe(false);
    expect(own.owns(birth())).toBe(true);
    expect(await isSeen()).toBe(true);
    const child = { address: CHILD, localPort: port, remotePort: 40_000 };
    const accept: Accept = {
      kind: "accept",
      at: 2,
      address: CHILD,
      inode: 1,
      fd: 1,
      task: { pid: 1, uid: 0, comm: "" },
    };
    expect(own.owns(transition({ ...child, from: TCP.LISTEN, to: TCP.SYN_RECV }))).toBe(true);
    expect(own.owns(transition({ ...child, from: TCP.SYN_RECV, to: TCP.ESTABLISHED }))).toBe(true);
    expect(own.owns(accept)).toBe(true);
    expect(own.owns(transition({ ...child, from: TCP.ESTABLISHED, to: TCP.CLOSE }))).toBe(true);
    expect(own.owns(transition({ address: CLIENT, from: TCP.ESTABLISHED, to: TCP.CLOSE }))).toBe(true);
  });

  test("are still recognised after close()", () => {
    own.owns(birth());
    own.close();
    expect(own.owns(listenersEnd())).toBe(true);
    expect(own.owns(transition({ address: CLIENT, from: TCP.SYN_SENT, to: TCP.CLOSE, remotePort: port }))).toBe(true);
  });
});

describe("other connections", () => {
  test("a connection at other ports, and its accept, resolve nothing", async () => {
    expect(own.owns(foreign())).toBe(false);
    expect(
      own.owns({ kind: "accept", at: 2, address: CHILD, inode: 1, fd: 1, task: { pid: 1, uid: 0, comm: "" } }),
    ).toBe(false);
    expect(await isSeen()).toBe(false);
  });

  test("a connection to the same port number of another host", () => {
    expect(own.owns(foreign({ localAddress: 0x0a00_0001, remoteAddress: 0x0a00_0002, remotePort: port }))).toBe(false);
  });

  test("a connection to the same port number of another loopback address", () => {
    expect(own.owns(foreign({ remoteAddress: 0x7f00_0002, remotePort: port }))).toBe(false);
  });

  test("a connection at the same port number after the end of the listener", () => {
    own.owns(birth());
    own.close();
    own.owns(listenersEnd());
    expect(own.owns(foreign({ remotePort: port }))).toBe(false);
    expect(own.owns(foreign({ address: LISTENER, to: TCP.LISTEN, localPort: port }))).toBe(false);
  });

  test("a connection at the same port number two seconds after close(), though the listener's end was lost", () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    own.close();
    vi.advanceTimersByTime(2000);
    expect(own.owns(foreign({ remotePort: port }))).toBe(false);
  });

  test("a socket at the kernel address of an own socket whose end was lost", () => {
    own.owns(birth());
    own.close();
    own.owns(listenersEnd());
    expect(own.owns(foreign({ address: CLIENT }))).toBe(false);
  });
});
