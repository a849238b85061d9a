import { expect, test } from "vitest";
import { mouseActions } from "#src/terminal/mouse.ts";

test("presses are reported; releases, moves and keys are not", () => {
  expect(mouseActions("\u001B[<0;12;14Mj\u001B[<0;12;14m\u001B[<35;1;1M\u001B[<2;3;3M")).toEqual([
    { kind: "click", column: 11, row: 13 },
  ]);
  expect(mouseActions("\u001B[<64;10;10M\u001B[<65;300;90M")).toEqual([
    { kind: "wheel", by: -1 },
    { kind: "wheel", by: 1 },
  ]);
});
