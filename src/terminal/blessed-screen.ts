import type { ReadStream } from "node:tty";
import { type BlessedScreen, library } from "./blessed-private.ts";
import { patchTerminfo } from "./terminfo.ts";

/** Makes the terminal show a frame all at once; terminals that do not support it ignore it. */
const SYNC_BEGIN = "\x1b[?2026h";
const SYNC_END = "\x1b[?2026l";
const RESIZE_DEBOUNCE_MS = 50;

/** blessed's own listeners to these would end the process with exit code 0, or print where nobody sees it. */
const OUR_EVENTS = ["SIGTERM", "SIGINT", "SIGQUIT", "uncaughtException", "exit"] as const;

/** Opens blessed's screen, which enters the alternate screen, and removes the listeners that it adds to the process. */
export function openBlessed(input: ReadStream, unicode: boolean): BlessedScreen {
  patchTerminfo();
  const before = new Map(OUR_EVENTS.map((event) => [event, process.rawListeners(event)]));
  const screen = library.screen({
    input,
    output: process.stdout,
    smartCSR: true,
    warnings: false,
    forceUnicode: unicode,
    resizeTimeout: RESIZE_DEBOUNCE_MS,
  });
  /* One of those to `exit` only flushes the output; `close` has already done that. */
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

/** Sends the terminal a sequence that is not part of a frame. */
export function send({ program }: BlessedScreen, sequence: string): void {
  program._buf += sequence;
  program.flush();
}

/** Returns the terminal to the shell while we are stopped. */
export function leaveScreen(screen: BlessedScreen, input: ReadStream): void {
  screen.leave();
  screen.program.flush();
  input.setRawMode(false);
}

/** Takes the terminal back, whatever the shell did to it. */
export function enterScreen(screen: BlessedScreen, input: ReadStream): void {
  /* Node does nothing if it believes that raw mode is already set. */
  input.setRawMode(false);
  input.setRawMode(true);
  screen.enter();
  screen.realloc();
}

function isListener(value: unknown): value is () => void {
  return typeof value === "function";
}
