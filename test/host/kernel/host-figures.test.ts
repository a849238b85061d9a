import { expect, test } from "vitest";
import { parseBacklogDrops, parseOpenFiles, parseOrphans } from "#src/host/kernel/host-figures.ts";

test("figures are parsed, and a file without one gives null", () => {
  expect(parseOpenFiles("607\t7\t2466170\n")).toBe(600);
  expect(parseOpenFiles("")).toBeNull();
  expect(parseOrphans("sockets: used 470\nTCP: inuse 446 orphan 12 tw 37226 alloc 446 mem 559\n")).toBe(12);
  expect(parseOrphans("")).toBeNull();
  expect(parseBacklogDrops("05068bc4 0000000a 0000002f\n04f12fcf 00000001 0000002b\n")).toBe(11);
  expect(parseBacklogDrops("")).toBeNull();
});
