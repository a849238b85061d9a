import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clipboardSequence } from "#src/terminal/clipboard.ts";

const PLAIN = "\u001B]52;c;YXBpIDgxMg==\u0007";

/** The text that the terminal puts on its clipboard. */
function copied(sequence: string): string {
  const [, base64 = ""] = /\]52;c;([\w+/=]*)/.exec(sequence) ?? [];
  return Buffer.from(base64, "base64").toString();
}

describe("a text goes to the clipboard", () => {
  test("as it is", () => {
    expect(clipboardSequence("api 812", { TERM: "xterm-kitty" })).toBe(PLAIN);
  });

  test("through tmux: plain, and wrapped with each ESC twice", () => {
    const wrapped = `\u001BPtmux;\u001B${PLAIN}\u001B\\`;
    expect(clipboardSequence("api 812", { TERM: "tmux-256color" })).toBe(PLAIN + wrapped);
    expect(clipboardSequence("api 812", { TERM: "screen", TMUX: "/tmp/tmux-0/default,1,0" })).toBe(PLAIN + wrapped);
  });

  test("through GNU screen, in strings that it accepts", () => {
    const text = "x".repeat(3000);
    const sequence = clipboardSequence(text, { TERM: "screen", STY: "1.pts" });
    const pieces = sequence.split("\u001B\\").slice(0, -1);
    expect(pieces.length).toBeGreaterThan(1);
    for (const piece of pieces) {
      expect(piece.startsWith("\u001BP")).toBe(true);
      expect(piece.length).toBeLessThanOrEqual(768);
    }
    expect(copied(pieces.map((piece) => piece.slice(2)).join(""))).toBe(text);
  });

  test("whatever it is: none of it is printed, and at most 8 KiB are sent", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 12_000, size: "max" }), (text) => {
        const sequence = clipboardSequence(text, {});
        // oxlint-disable-next-line no-control-regex -- these two, and no other
        expect(sequence).toMatch(/^\u001B\]52;c;[\w+/=]*\u0007$/);
        const kept = copied(sequence);
        expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(8192);
        expect(Buffer.from(text).toString().startsWith(kept.slice(0, -1))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});
