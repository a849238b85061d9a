import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, normalize } from "node:path";
import { debug } from "../base/debug.ts";
import { type BlessedTput, library } from "./blessed-private.ts";

/** Magic of terminfo's 16-bit format, the only one that blessed can read. */
const LEGACY_MAGIC = 0o432;
const USR = join(dirname(createRequire(import.meta.url).resolve("blessed/package.json")), "usr");

let patched = false;

/**
 * Since ncurses 6.1 most terminals' descriptions are in a 32-bit format that blessed misreads: noise on stderr and 8
 * colours. Where the system's is in that format, or missing, blessed's own copy of xterm-256color is used.
 */
export function patchTerminfo(): void {
  if (patched) return;
  patched = true;
  const tput = library.Tput.prototype;
  const read = tput.readTerminfo;
  tput.readTerminfo = function (this: BlessedTput, terminal?: string): unknown {
    if (isLegacy(this, terminal ?? this.terminal)) return read.call(this, terminal);
    const file = join(USR, "xterm-256color");
    return this.parseTerminfo(readFileSync(file), file);
  };
}

function isLegacy(tput: BlessedTput, terminal: string): boolean {
  try {
    return readFileSync(normalize(tput._prefix(terminal))).readUInt16LE(0) === LEGACY_MAGIC;
  } catch (error) {
    debug(`no terminfo of ${terminal} that blessed can read`, error);
    return false;
  }
}
