import * as fc from "fast-check";
import { expect, test } from "vitest";
import { TupleIndex } from "#src/model/sockets/tuple-index.ts";
import { Socket } from "#src/model/sockets/socket.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { ADDRESS_FAMILIES } from "#test/support/address-families.ts";

const anyAddress = fc.constantFrom(0, 0x7f00_0001, 0xffff_ffff, `${"0".repeat(31)}1`, `fe80${"0".repeat(27)}1`);
const anyEnds = fc.record({
  localAddress: anyAddress,
  localPort: fc.constantFrom(0, 80, 65_535),
  remoteAddress: anyAddress,
  remotePort: fc.constantFrom(0, 80, 40_000),
});

function socketWith(ends: Partial<Socket>): Socket {
  return Object.assign(new Socket(1, TCP.ESTABLISHED, 0, true), ends);
}

test("sockets with the same tuple are found in the order of insertion, as sockets come and go", () => {
  const anyStep = fc.record({ ends: anyEnds, leaves: fc.option(fc.nat(40)) });
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 80 }), anyEnds, (steps, asked) => {
      const index = new TupleIndex();
      const there: Socket[] = [];
      for (const { ends, leaves } of steps) {
        const socket = socketWith(ends);
        index.add(socket);
        there.push(socket);
        const [left] = leaves === null ? [] : there.splice(leaves, 1);
        if (left !== undefined) index.remove(left);
      }
      const same = (socket: Socket): boolean =>
        socket.localAddress === asked.localAddress &&
        socket.localPort === asked.localPort &&
        socket.remoteAddress === asked.remoteAddress &&
        socket.remotePort === asked.remotePort;
      expect(index.at(asked)).toEqual(there.filter((socket) => same(socket)));
      expect(index.size).toBe(there.length);
    }),
  );
});

test("removing a socket that is not in the index changes nothing", () => {
  const index = new TupleIndex();
  const [one, other] = [socketWith({ localPort: 80 }), socketWith({ localPort: 80 })];
  index.remove(one);
  index.add(one);
  index.remove(other);
  expect(index.at(one)).toEqual([one]);
  index.remove(one);
  index.remove(one);
  expect([index.size, index.at(one)]).toEqual([0, []]);
});

test.each([...ADDRESS_FAMILIES])("finds sockets with remote addresses %s in a few steps", (_, addressAt) => {
  const index = new TupleIndex();
  for (let at = 0; at < 8000; at++)
    index.add(socketWith({ localPort: 80, remoteAddress: addressAt(at), remotePort: 40_000 }));
  expect(index.longestProbe()).toBeLessThan(150);
});

test("finds sockets with all ports of two addresses in a few steps", () => {
  const index = new TupleIndex();
  for (let at = 0; at < 8000; at++) {
    const ends = { localAddress: 0x7f00_0001, remoteAddress: 0x7f00_0001, localPort: at % 90, remotePort: at };
    index.add(socketWith(ends));
  }
  expect(index.longestProbe()).toBeLessThan(150);
});
