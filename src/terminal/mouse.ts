import type { ReadStream } from "node:tty";

/** What the mouse did: `row` and `column` from 0, the wheel up or down. */
export type MouseAction =
  | { readonly kind: "click"; readonly column: number; readonly row: number }
  | { readonly kind: "wheel"; readonly by: 1 | -1 };

/* Presses only, no moves, in SGR encoding (xterm, ctlseqs), which also works beyond column 223. */
const MOUSE_ON = "\x1b[?1000h\x1b[?1006h";
export const MOUSE_OFF = "\x1b[?1006l\x1b[?1000l";

const LEFT = 0;
const WHEEL_UP = 64;
const WHEEL_DOWN = 65;
// oxlint-disable-next-line no-control-regex -- how a terminal reports it
const PRESS = /\x1b\[<(\d{1,5});(\d{1,5});(\d{1,5})M/g;

/** The terminal's mouse, off until `set` turns it on. */
export interface Mouse {
  set(isOn: boolean): void;
  /** Turns it off while the shell has the terminal. */
  rest(): void;
  resume(): void;
  close(): void;
}

/** `send` writes to the terminal; `listener` is called for each action of the mouse. */
export function openMouse(
  input: ReadStream,
  send: (sequence: string) => void,
  listener: (action: MouseAction) => void,
): Mouse {
  let isOn = false;
  const read = (data: Buffer | string): void => {
    if (isOn) for (const action of mouseActions(data.toString())) listener(action);
  };
  const rest = (): void => {
    if (isOn) send(MOUSE_OFF);
  };
  input.on("data", read);
  return {
    set: (wanted) => {
      isOn = wanted;
      send(wanted ? MOUSE_ON : MOUSE_OFF);
    },
    rest,
    resume: () => {
      if (isOn) send(MOUSE_ON);
    },
    close: () => {
      input.off("data", read);
      rest();
    },
  };
}

/** The presses in the terminal's input. */
export function mouseActions(data: string): MouseAction[] {
  const actions: MouseAction[] = [];
  for (const [, button, column, row] of data.matchAll(PRESS)) {
    if (Number(button) === LEFT) actions.push({ kind: "click", column: Number(column) - 1, row: Number(row) - 1 });
    else if (Number(button) === WHEEL_UP) actions.push({ kind: "wheel", by: -1 });
    else if (Number(button) === WHEEL_DOWN) actions.push({ kind: "wheel", by: 1 });
  }
  return actions;
}
