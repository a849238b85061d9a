import { writeSync } from "node:fs";
import type { ReadStream } from "node:tty";
import { UserError } from "../base/errors.ts";
import { unblockOutput } from "./backpressure.ts";
import type { BlessedScreen } from "./blessed-private.ts";
import { enterScreen, leaveScreen, openBlessed, render, send } from "./blessed-screen.ts";
import { paint } from "./cells.ts";
import { takesUnicode } from "./charset.ts";
import { clipboardSequence } from "./clipboard.ts";
import { keyName, openKeyboard } from "./keyboard.ts";
import { MOUSE_OFF, type MouseAction, openMouse } from "./mouse.ts";
import { newPlot } from "./plot.ts";
import { holdStderr } from "./stderr-hold.ts";
import { handleSuspend } from "./suspend.ts";
import { type Theme, chooseTheme } from "./theme.ts";
import type { Frame, Size } from "../view/format/frame.ts";
import type { ThemeName } from "../view/format/theme-names.ts";

/**
 * Ends a synchronized update, turns off the mouse, resets the style, shows the cursor and leaves the alternate screen.
 */
const LAST_RESORT = `\x1b[?2026l${MOUSE_OFF}\x1b[m\x1b[?25h\x1b[?1049l`;

export interface TopScreenOptions {
  /** Only ASCII characters. */
  readonly ascii: boolean;
  readonly color: boolean;
  readonly theme: ThemeName;
  readonly onKey: (key: string) => void;
  readonly onMouse: (action: MouseAction) => void;
  readonly onResize: () => void;
  /** Called for each text written to stderr, such as a warning of Node's; `close` prints it to the terminal. */
  readonly onStderr: (text: string) => void;
  /** The terminal is gone: nobody sees the screen and no key will come. */
  readonly onGone: () => void;
}

export interface TopScreen {
  size(): Size;
  draw(frame: Frame): void;
  /** The next `draw` draws everything, not only what changed. */
  redraw(): void;
  suspend(): void;
  setTheme(name: ThemeName): void;
  /** While it is on, the terminal itself cannot select text with the mouse. */
  setMouse(isOn: boolean): void;
  /**
   * Puts a text, safe to print, on the user's clipboard (OSC 52); some terminals support that only if configured to.
   */
  copy(text: string): void;
  /** Restores the terminal. May be called twice. */
  close(): void;
}

/** Takes the terminal over until `close`; an exit or an uncaught exception closes it too, a signal does not. */
export function openTopScreen(options: TopScreenOptions): TopScreen {
  checkTerminal();
  const unicode = takesUnicode(process.env) && !options.ascii;
  const keyboard = openKeyboard();
  const screen = openBlessed(keyboard.input, unicode);
  const painter = newPainter(screen, options, unicode);
  const mouse = openMouse(keyboard.input, (sequence) => send(screen, sequence), options.onMouse);
  const output = unblockOutput(process.stdout);
  const stderr = holdStderr(options.onStderr);
  let state: "shown" | "left" | "closed" = "shown";

  const suspension = handleSuspend({
    leave: () => {
      state = "left";
      mouse.rest();
      leaveScreen(screen, keyboard.input);
    },
    enter: () => {
      state = "shown";
      enterScreen(screen, keyboard.input);
      mouse.resume();
      options.onResize();
    },
  });
  const close = (): void => {
    if (state === "closed") return;
    state = "closed";
    process.off("exit", close).off("uncaughtExceptionMonitor", close);
    suspension.dispose();
    mouse.close();
    output.restore();
    closeBlessed(screen);
    keyboard.close();
    stderr.release();
  };
  /* The second runs before Node prints the exception, which then appears on the shell's screen. */
  process.on("exit", close).on("uncaughtExceptionMonitor", close);

  const unlessClosed = (listener: () => void) => (): void => {
    if (state !== "closed") listener();
  };
  listen({ screen, input: keyboard.input, options, unlessClosed });

  return {
    size: () => ({ columns: screen.cols, rows: screen.rows }),
    draw: (frame) => state === "shown" && !output.behind() && painter.draw(frame),
    redraw: () => screen.realloc(),
    copy: (text) => state === "shown" && send(screen, clipboardSequence(text, process.env)),
    setTheme: (name) => painter.setTheme(name),
    setMouse: (isOn) => mouse.set(isOn),
    suspend: unlessClosed(() => suspension.suspend()),
    close,
  };
}

interface Listeners {
  readonly screen: BlessedScreen;
  readonly input: ReadStream;
  readonly options: TopScreenOptions;
  readonly unlessClosed: (listener: () => void) => () => void;
}

/* The listeners are never removed: after a hangup the last write may still fail after `close`. */
function listen({ screen, input, options, unlessClosed }: Listeners): void {
  const gone = unlessClosed(options.onGone);
  input.on("error", gone).on("end", gone);
  process.stdout.on("error", gone);
  screen.on("keypress", (char, key) => unlessClosed(() => options.onKey(keyName(char, key)))());
  screen.on("resize", unlessClosed(options.onResize));
}

type Painter = Pick<TopScreen, "draw" | "setTheme">;

function newPainter(screen: BlessedScreen, { color, theme }: TopScreenOptions, unicode: boolean): Painter {
  const plot = unicode ? newPlot(screen) : null;
  const themed = (name: ThemeName): Theme => chooseTheme(name, color, screen.tput.colors);
  let look = { theme: themed(theme), unicode, plot };
  return {
    draw: (frame) => {
      paint(screen.lines, frame, look);
      render(screen);
    },
    setTheme: (name) => (look = { ...look, theme: themed(name) }),
  };
}

function checkTerminal(): void {
  const hint = "use tcptrace top -b";
  if (!process.stdout.isTTY) throw new UserError("no-terminal", "stdout is not a terminal", hint);
  if (process.env["TERM"] === "dumb")
    throw new UserError("no-terminal", "this terminal cannot move the cursor (TERM=dumb)", hint);
}

function closeBlessed(screen: BlessedScreen): void {
  const late = process.stdout.writableLength > 0;
  screen.destroy();
  if (!late) return;
  try {
    /* A slow terminal has not read the earlier frames yet, and the process may end before it does. */
    writeSync(1, LAST_RESORT);
  } catch {
    /* The terminal is gone. */
  }
}
