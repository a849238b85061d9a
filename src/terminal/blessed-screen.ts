import type { ReadStream } from "node:tty";
import { type BlessedScreen, library } from "./blessed-private.ts";
import { patchTerminfo } from "./terminfo.ts";

/** Lets the terminal show a frame all at once; a terminal that does not know it ignores it. */
const SYNC_BEGIN = "\x1b[?2026h";
const SYNC_END = "\x1b[?2026l";
const RESIZE_DEBOUNCE_MS = 50;

/** blessed listens to these and would end the process with exit code 0, or print where nobody sees it. */
const NOT_ITS_BUSINESS = ["SIGTERM", "SIGINT", "SIGQUIT", "uncaughtException", "exit"] as const;

/** Opens blessed's screen, which enters the alternate one, and takes its hands off the process. */
export function openBlessed(input: ReadStream, unicode: boolean): BlessedScreen {
  patchTerminfo();
  const before = new Map(NOT_ITS_BUSINESS.map((event) => [event, process.rawListeners(event)]));
  const screen = library.screen({
    input,
    output: process.stdout,
    smartCSR: true,
    warnings: false,
    forceUnicode: unicode,
    resizeTimeout: RESIZE_DEBOUNCE_MS,
  });
  /* Among the listeners to `exit` is one that only flushes; `close` has flushed before. */
  for (const [event, listeners] of before) {
    for (const listener of process.rawListeners(event)) {
      if (isListener(listener) && !listeners.includes(listener)) process.removeListener(event, listener);
    }
  }
  return screen;
}

/** Writes what changed, as one synchronized update. */
export function render(screen: BlessedScreen): void {
  screen.render();
  const { program } = screen;
  if (program._buf !== "") program._buf = SYNC_BEGIN + program._buf + SYNC_END;
  program.flush();
}

/** Sends the terminal something besides pictures. */
export function send({ program }: BlessedScreen, sequence: string): void {
  program._buf += sequence;
  program.flush();
}

/** Gives the terminal back to the shell while we are stopped. */
export function leaveScreen(screen: BlessedScreen, input: ReadStream): void {
  screen.leave();
  screen.program.flush();
  input.setRawMode(false);
}

/** Takes it again, whatever the shell did to it. */
export function enterScreen(screen: BlessedScreen, input: ReadStream): void {
  /* Node does nothing when it believes that the mode is set already. */
  input.setRawMode(false);
  input.setRawMode(true);
  screen.enter();
  screen.realloc();
}

function isListener(value: unknown): value is () => void {
  return typeof value === "function";
}
