import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { safeBytes, safeText } from "#src/base/text.ts";

/*
 * Controls, format characters (bidi, zero width, tags), surrogates, private use, unassigned; line and paragraph ends.
 */
const HARMFUL = /[\p{C}\p{Zl}\p{Zp}]/u;

describe("safe text", () => {
  test.each([
    ["an escape sequence", "\u001B[31mred", "\\x1b[31mred"],
    ["a newline", "a\nb", "a\\x0ab"],
    ["a tab", "a\tb", "a\\x09b"],
    ["DEL and C1", "\u007F\u009B", "\\x7f\\x9b"],
    ["reversed text", "a\u202Eb", "a\\u{202e}b"],
    ["a zero width space", "a\u200Bb", "a\\u{200b}b"],
    ["a line separator", "a\u2028b", "a\\u{2028}b"],
    ["a paragraph separator", "a\u2029b", "a\\u{2029}b"],
    ["half a character", "a\uD800b", "a\\u{d800}b"],
    ["a byte order mark", "\uFEFFa", "\\u{feff}a"],
    ["a tag", "a\u{E0041}", "a\\u{e0041}"],
    ["private use", "\uE000", "\\u{e000}"],
  ])("shows %s", (_name, text, shown) => {
    expect(safeText(text)).toBe(shown);
  });

  test("leaves other scripts and emoji unchanged", () => {
    expect(safeText("数据库 Größe 🚀 naïve")).toBe("数据库 Größe 🚀 naïve");
  });

  test("of any string contains nothing harmful, and stays the same when made safe again", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        const shown = safeText(text);
        expect(shown).not.toMatch(HARMFUL);
        expect(safeText(shown)).toBe(shown);
      }),
    );
  });
});

describe("safe bytes", () => {
  test.each([
    ["a byte that is not UTF-8", [0x61, 0xff, 0x62], "a\\xffb"],
    ["a cut character", [0x61, 0xe6, 0x95], "a\\xe6\\x95"],
    ["an overlong slash", [0xc0, 0xaf], "\\xc0\\xaf"],
    ["an overlong NUL in three bytes", [0xe0, 0x80, 0x80], "\\xe0\\x80\\x80"],
    ["a surrogate", [0xed, 0xa0, 0x80], "\\xed\\xa0\\x80"],
    ["a code point beyond Unicode", [0xf4, 0x90, 0x80, 0x80], "\\xf4\\x90\\x80\\x80"],
    ["a stray continuation before text", [0x80, 0xe2, 0x82, 0xac], "\\x80€"],
    ["a control character", [0x1b, 0x5b, 0x4a], "\\x1b[J"],
    ["a C1 control in UTF-8", [0xc2, 0x9b], "\\x9b"],
    ["reversed text", [0xe2, 0x80, 0xae, 0x78], "\\u{202e}x"],
    ["nothing", [], ""],
  ])("show %s", (_name, bytes, shown) => {
    expect(safeBytes(Uint8Array.from(bytes))).toBe(shown);
  });

  test("leave printable ASCII unchanged", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii", maxLength: 40 }), (text) => {
        expect(safeBytes(Buffer.from(text))).toBe(text);
      }),
    );
  });

  test("of a text equal its safe text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 20 }), (text) => {
        expect(safeBytes(Buffer.from(text))).toBe(safeText(text));
      }),
    );
  });

  test("of any kind contain nothing harmful, and stay the same when made safe again", () => {
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(0xe2, 0x80, 0xae, 0xc2, 0xf0, 0x9f, 0xed, 0xa0));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 40 }), (bytes) => {
        const shown = safeBytes(Uint8Array.from(bytes));
        expect(shown).not.toMatch(HARMFUL);
        expect(safeText(shown)).toBe(shown);
        expect(safeBytes(Buffer.from(shown))).toBe(shown);
      }),
      { numRuns: 500 },
    );
  });
});
