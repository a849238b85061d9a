import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseProcNetTcp } from "#src/host/survey/proc-net-tcp.ts";
import { TCP } from "#src/model/net/tcp-state.ts";

const HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

interface Row {
  local: string;
  localPort: number;
  remote: string;
  remotePort: number;
  state: number;
  tx: number;
  rx: number;
  uid: number;
  inode: number;
  /** The kind of its timer, and when it goes off, in hundredths of a second. */
  timer?: number;
  when?: number;
}

const hex = (value: number, width: number): string => value.toString(16).toUpperCase().padStart(width, "0");

/** Prints a row as the kernel's seq_printf does. */
function render(row: Row, index = 0): string {
  const { local, localPort, remote, remotePort, state, tx, rx, uid, inode, timer = 0, when = 0 } = row;
  const ends = `${local}:${hex(localPort, 4)} ${remote}:${hex(remotePort, 4)} ${hex(state, 2)}`;
  const queues = `${hex(tx, 8)}:${hex(rx, 8)} ${hex(timer, 2)}:${hex(when, 8)} 00000000`;
  const line = `${String(index).padStart(4)}: ${ends} ${queues} ${String(uid).padStart(5)}`;
  return `${`${line}        0 ${inode} 1 0000000000000000 20 4 30 10 -1`.padEnd(149)}\n`;
}

const ESTABLISHED: Row = {
  local: "0100007F",
  localPort: 8080,
  remote: "FE01A8C0",
  remotePort: 40000,
  state: TCP.ESTABLISHED,
  tx: 1,
  rx: 0xff,
  uid: 1000,
  inode: 4242,
};

const parse = (text: string, netns = 7): ReturnType<typeof parseProcNetTcp> =>
  parseProcNetTcp(Buffer.from(text, "latin1"), netns);

describe("rows", () => {
  test("an IPv4 row", () => {
    expect(parse(HEADER + render(ESTABLISHED))).toEqual({
      sockets: [
        {
          netns: 7,
          state: TCP.ESTABLISHED,
          localAddress: 0x7f000001,
          localPort: 8080,
          remoteAddress: 0xc0a801fe,
          remotePort: 40000,
          inode: 4242,
          uid: 1000,
          receiveQueue: 255,
          transmitQueue: 1,
        },
      ],
      timeWaits: [],
    });
  });

  test("IPv6 addresses are in network order, v4-mapped ones are IPv4", () => {
    const local = "B80D0120000000000000000001000000";
    const mapped = "0000000000000000FFFF00000100007F";
    const [socket] = parse(render({ ...ESTABLISHED, local, remote: mapped })).sockets;
    expect(socket?.localAddress).toBe("20010db8000000000000000000000001");
    expect(socket?.remoteAddress).toBe(0x7f000001);
  });

  test("mini-sockets are listed separately, with their remaining time", () => {
    const closed = { ...ESTABLISHED, inode: 0, timer: 3, when: 0x1770 };
    const rows = [{ ...closed, state: TCP.TIME_WAIT }, ESTABLISHED, { ...closed, state: TCP.FIN_WAIT2, when: 1 }];
    const { sockets, timeWaits } = parse(rows.map((row) => render(row)).join(""));
    expect(sockets.map(({ state }) => state)).toEqual([TCP.ESTABLISHED]);
    const ends = { netns: 7, localAddress: 0x7f000001, localPort: 8080, remoteAddress: 0xc0a801fe, remotePort: 40000 };
    expect(timeWaits).toEqual([
      { ...ends, state: TCP.TIME_WAIT, remainingMs: 60_000 },
      { ...ends, state: TCP.FIN_WAIT2, remainingMs: 10 },
    ]);
  });

  test("a socket in FIN_WAIT2 is not a mini-socket", () => {
    const { sockets, timeWaits } = parse(render({ ...ESTABLISHED, state: TCP.FIN_WAIT2, timer: 2, when: 100 }));
    expect(sockets).toHaveLength(1);
    expect(timeWaits).toEqual([]);
  });

  test("an overdue mini-socket has no time left", () => {
    const text = render({ ...ESTABLISHED, state: TCP.TIME_WAIT, timer: 3 });
    const [overdue] = parse(text.replace("03:00000000", "03:FFFFFFFFFFFFFFF0")).timeWaits;
    expect(overdue?.remainingMs).toBe(0);
  });

  test("a timer in the past is longer than 8 digits", () => {
    const text = render(ESTABLISHED).replace("00:00000000", "01:FFFFFFFFFFFFFFF0");
    expect(parse(text).sockets).toHaveLength(1);
  });

  test.each([
    ["no address", render(ESTABLISHED).replace("0100007F", "")],
    ["an address of 7 digits", render(ESTABLISHED).replace("0100007F", "100007F")],
    ["an address of 33 digits", render({ ...ESTABLISHED, local: "0".repeat(33) })],
    ["a port of 5 digits", render(ESTABLISHED).replace(":1F90", ":11F90")],
    ["state 0", render({ ...ESTABLISHED, state: 0 })],
    ["state 14", render({ ...ESTABLISHED, state: 14 })],
    ["no inode", render(ESTABLISHED).slice(0, 84)],
    ["a letter for a digit", render(ESTABLISHED).replace("0100007F", "0100007G")],
    ["an inode beyond all numbers", render(ESTABLISHED).replace("4242", "9".repeat(400))],
  ])("%s: skipped, but its neighbours are read", (_, bad) => {
    const good = render(ESTABLISHED);
    const { sockets, timeWaits } = parse(good + bad.trimEnd() + "\n" + good);
    expect(sockets).toHaveLength(2);
    expect(timeWaits).toEqual([]);
  });
});

const arbitraryRow = fc.record({
  bytes: fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 })),
  localPort: fc.nat(65535),
  remotePort: fc.nat(65535),
  state: fc.constantFrom(...Object.values(TCP)),
  tx: fc.nat(0xffffffff),
  rx: fc.nat(0xffffffff),
  uid: fc.nat(0xffffffff),
  inode: fc.nat(0xffffffff),
});

/** The kernel's text of an address of these bytes. */
function kernelHex(bytes: Uint8Array): string {
  const words = Array.from({ length: bytes.length / 4 }, (_, word) => Buffer.from(bytes).readUInt32LE(word * 4));
  return words.map((word) => hex(word, 8)).join("");
}

function modelAddress(bytes: Uint8Array): number | string {
  const buffer = Buffer.from(bytes);
  if (buffer.length === 4) return buffer.readUInt32BE();
  const text = buffer.toString("hex");
  return /^0{20}ffff/.test(text) ? buffer.readUInt32BE(12) : text;
}

describe("properties", () => {
  test("what the kernel prints is read back", () => {
    fc.assert(
      fc.property(fc.array(arbitraryRow), (rows) => {
        const text = rows.map(({ bytes, ...row }, index) =>
          render({ ...row, local: kernelHex(bytes), remote: kernelHex(bytes) }, index),
        );
        const { sockets, timeWaits } = parse(HEADER + text.join(""));
        const listed = rows.filter(({ state }) => state !== TCP.TIME_WAIT);
        expect(timeWaits).toHaveLength(rows.length - listed.length);
        const expected = listed.map(({ bytes, tx, rx, ...row }) => {
          const address = modelAddress(bytes);
          const rest = { localAddress: address, remoteAddress: address, transmitQueue: tx, receiveQueue: rx };
          return Object.assign(row, rest, { netns: 7 });
        });
        expect(sockets).toEqual(expected);
      }),
    );
  });

  test("any bytes never throw, and cannot change the row after them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const text = Buffer.concat([bytes, Buffer.from(`\n${render(ESTABLISHED)}`)]);
        expect(parseProcNetTcp(text, 7).sockets.at(-1)?.inode).toBe(4242);
      }),
    );
  });

  test("a row with one byte changed never throws, and yields no impossible state or port", () => {
    const row = Buffer.from(render(ESTABLISHED));
    fc.assert(
      fc.property(fc.nat(row.length - 1), fc.nat(255), (at, byte) => {
        const bytes = Buffer.from(row);
        bytes[at] = byte;
        for (const socket of parseProcNetTcp(bytes, 7).sockets) {
          expect(socket.state).toBeLessThanOrEqual(13);
          expect(socket.localPort).toBeLessThanOrEqual(65535);
          expect(socket.inode).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});
