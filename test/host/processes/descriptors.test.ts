import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSocketLink } from "#src/host/processes/descriptors.ts";

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
