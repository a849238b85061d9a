import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  parseCmdline,
  parseComm,
  parseEffectiveUid,
  parseOpenFilesLimit,
  parseStat,
} from "#src/host/processes/processes.ts";

const stat = (name: string, flags: number, startTime: number): string =>
  `42 (${name}) S 1 42 42 0 -1 ${flags} 0 0 0 0 1 2 3 4 20 0 1 0 ${startTime} 1000 2 18446744073709551615 1\n`;

describe("parseStat", () => {
  test.each(["node", "a b", ") R 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0", "x\n) S", ""])("name %j", (name) => {
    expect(parseStat(stat(name, 4194560, 987654))).toEqual({
      startTime: 987654,
      isKernelThread: false,
      isZombie: false,
    });
  });

  test("kthreadd of Linux 6.18", () => {
    expect(parseStat(stat("kthreadd", 2129984, 0))?.isKernelThread).toBe(true);
  });

  test.each(["", "42", "42 (node) S 1", stat("node", 1, 5).replace(" 5 ", " x ")])("%j is malformed", (text) => {
    expect(parseStat(text)).toBeNull();
  });

  test("never throws", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parseStat(text);
        expect(parsed === null || parsed.startTime >= 0).toBe(true);
      }),
    );
  });

  test("any name", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(), (name, startTime) => {
        expect(parseStat(stat(name, 0, startTime))?.startTime).toBe(startTime);
      }),
    );
  });
});

describe("parseEffectiveUid", () => {
  test("the second of the four", () => {
    expect(parseEffectiveUid("Name:\tx\nTgid:\t1\nUid:\t1000\t33\t0\t4\nGid:\t1\t2\t3\t4\n")).toBe(33);
  });

  test("a name cannot forge the line: the kernel escapes its newline", () => {
    expect(parseEffectiveUid("Name:\tx\\nUid:\t7\t7\t7\t7\nUid:\t1000\t33\t0\t4\n")).toBe(33);
  });

  test.each(["", "Uid:\t1", "Uid:\tx\ty\t"])("%j has none", (text) => {
    expect(parseEffectiveUid(text)).toBeNull();
  });
});

const line = (soft: string): string =>
  `Max processes             96365                96365                processes \nMax open files            ${soft.padEnd(20)} 20000                files     \n`;

describe("parseOpenFilesLimit", () => {
  test("the soft one", () => {
    expect(parseOpenFilesLimit(line("1024"))).toBe(1024);
  });

  test.each([line("unlimited"), ""])("none in %j", (text) => {
    expect(parseOpenFilesLimit(text)).toBeNull();
  });
});

describe("text", () => {
  test("a name ends at the last newline", () => {
    expect(parseComm(Buffer.from("a\nb\n"))).toBe("a\\x0ab");
    expect(parseComm(Buffer.from("a\n\n"))).toBe("a\\x0a");
    expect(parseComm(Buffer.from(""))).toBe("");
  });

  test("words of a command line", () => {
    expect(parseCmdline(Buffer.from("node\0-e\0two words\0"))).toBe("node -e two words");
    expect(parseCmdline(Buffer.from("title\0\0\0\0"))).toBe("title");
    expect(parseCmdline(Buffer.from("a\0\x1b[2J\0"))).toBe("a \\x1b[2J");
    expect(parseCmdline(Buffer.from(""))).toBe("");
  });

  test("never too long, cut inside a character, or unsafe", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 5000 }), fc.string({ unit: "binary", minLength: 400 })),
        (input) => {
          const text = parseCmdline(typeof input === "string" ? Buffer.from(input) : input);
          expect(text.length).toBeLessThanOrEqual(512);
          expect(text).not.toMatch(/\p{Cs}/u);
          expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        },
      ),
    );
  });

  test("a character across the cut is dropped whole", () => {
    expect(parseCmdline(Buffer.from(`${"a".repeat(511)}😀`))).toBe("a".repeat(511));
  });
});
