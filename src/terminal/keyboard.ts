import { openSync } from "node:fs";
import { ReadStream } from "node:tty";
import { UserError } from "../base/errors.ts";
import type { BlessedKey } from "./blessed-private.ts";

/** Where keys come from: stdin, or the terminal itself when stdin is a recording (`tcptrace top -r -`). */
export function openKeyboard(): { readonly input: ReadStream; close(): void } {
  if (process.stdin.isTTY) return { input: process.stdin, close: () => undefined };
  let file: number;
  try {
    file = openSync("/dev/tty", "r");
  } catch {
    throw new UserError(
      "no-terminal",
      "no keyboard: stdin is not a terminal and there is no /dev/tty",
      "use tcptrace top -b",
    );
  }
  const input = new ReadStream(file);
  return { input, close: () => input.destroy() };
}

/** The name of a key as the keymap writes it: the character itself, or `up f1 C-c escape space`. */
export function keyName(char: string | undefined, key: BlessedKey): string {
  if (char !== undefined && char > " " && char !== "\x7f" && !key.ctrl && !key.meta) return char;
  return key.full;
}
