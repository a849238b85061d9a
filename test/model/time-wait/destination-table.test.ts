import { expect, test } from "vitest";
import type { SocketTuple } from "#src/model/net/tuple.ts";
import { DestinationTable } from "#src/model/time-wait/destination-table.ts";
import { ADDRESS_FAMILIES } from "#test/support/address-families.ts";

const HOST = `20010db8${"0".repeat(23)}1`;

function served(fields: Partial<SocketTuple>): SocketTuple {
  return { netns: 1, localAddress: HOST, localPort: 80, remoteAddress: HOST, remotePort: 40_000, ...fields };
}

/** The maximum steps to find one of 8,000 destinations of a server. */
function longestProbe(endsAt: (index: number) => SocketTuple): number {
  const table = new DestinationTable();
  for (let index = 0; index < 8000; index++) table.use(endsAt(index), "server", 0);
  return table.longestProbe();
}

test.each([...ADDRESS_FAMILIES])("finds sources %s in a few steps", (_, addressAt) => {
  expect(longestProbe((index) => served({ remoteAddress: addressAt(index) }))).toBeLessThan(150);
});

test("finds many ports, and one tuple in many namespaces, in a few steps", () => {
  expect(longestProbe((index) => served({ localPort: index }))).toBeLessThan(150);
  expect(longestProbe((index) => served({ netns: 0xf000_0000 + index }))).toBeLessThan(150);
});

test("finds a destination from both sides until it is unused for a minute", () => {
  const table = new DestinationTable();
  const ends = served({});
  const old = table.use(ends, "server", 0);
  const other = table.use(served({ localPort: 443 }), "server", 50e9);
  expect([table.find(ends, "server"), table.findPeers(ends, "client")]).toEqual([old, undefined]);
  expect(table.findPeers({ ...ends, localPort: 40_000, remotePort: 80 }, "client")).toBe(old);
  table.forgetUnused(61e9);
  expect([table.find(ends, "server"), [...table]]).toEqual([undefined, [other]]);
  expect(table.use(ends, "server", 62e9)).not.toBe(old);
});
