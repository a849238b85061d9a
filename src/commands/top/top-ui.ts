import { type PictureOptions, TopPicture } from "./data/top-picture.ts";
import { frameDelayMs } from "./frame-pace.ts";
import { writeShown } from "./top-files.ts";
import { TopLook } from "./top-look.ts";
import type { TopRecorder } from "./top-recorder.ts";
import type { MouseAction } from "../../terminal/mouse.ts";
import type { TopScreen } from "../../terminal/screen.ts";
import type { UserName } from "../../view/format/table.ts";
import type { ThemeName } from "../../view/format/theme-names.ts";
import { click } from "../../view/keys/click.ts";
import type { Effect } from "../../view/state/key-binding.ts";
import { pressKey } from "../../view/keys/top-keys.ts";
import { type PlayerControls, playerStatus } from "../../view/state/player-ui.ts";
import { initialUi } from "../../view/screen/tabs.ts";
import type { TopUi } from "../../view/state/top-ui.ts";
import { copyText, topFrame, topList } from "../../view/top-frame.ts";

const FASTEST_MS = 250;
/** How long the message for a key stays on the bottom line. */
const TOAST_MS = 5000;
/** Rows that one step of the wheel moves the cursor by. */
const WHEEL_ROWS = 3;

export interface TopUiOptions extends PictureOptions {
  /** Absent while a recording is played. */
  readonly recorder?: TopRecorder;
  /** One line for the bottom of the screen, such as a warning; "" for none. */
  readonly status: () => string;
  readonly intervalMs: number;
  readonly ascii: boolean;
  readonly color: boolean;
  readonly theme: ThemeName;
  readonly mouse: boolean;
  /** Applies the settings to the first screen. */
  readonly begin: (ui: TopUi) => TopUi;
  /** Saves the settings; resolves with a message. */
  readonly save: (chosen: Chosen) => Promise<string>;
  readonly userName?: UserName;
  /** Present while a recording is played. */
  readonly player?: PlayerControls;
}

/** What can be saved as settings. */
interface Chosen {
  readonly ui: TopUi;
  readonly theme: ThemeName;
  readonly mouse: boolean;
}

/** Shows the screen until the user quits or `signal` aborts; always restores the terminal. */
export async function runTopUi(options: TopUiOptions, signal: AbortSignal): Promise<void> {
  const { openTopScreen } = await import("../../terminal/screen.ts");
  if (signal.aborted) return;
  await new Promise<void>((resolve, reject) => {
    let session: Session | undefined = undefined;
    const end = (error?: unknown): void => {
      signal.removeEventListener("abort", quit);
      session?.stop();
      screen.close();
      if (error === undefined) resolve();
      else reject(error);
    };
    const quit = (): void => end();
    const screen = openTopScreen({
      ascii: options.ascii,
      color: options.color,
      onKey: (key) => session?.key(key),
      theme: options.theme,
      onMouse: (action) => session?.mouse(action),
      onResize: () => session?.draw(),
      onStderr: (text) => session?.hear(text),
      onGone: quit,
    });
    session = new Session(options, screen, end);
    signal.addEventListener("abort", quit);
    session.tick();
  });
}

class Session {
  readonly #options: TopUiOptions;
  readonly #screen: TopScreen;
  readonly #end: (error?: unknown) => void;
  readonly #picture: TopPicture;
  readonly #userName: UserName;
  readonly #look: TopLook;
  #ui: TopUi;
  #toast = { text: "", until: 0 };
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;
  #ended = false;

  constructor(options: TopUiOptions, screen: TopScreen, end: (error?: unknown) => void) {
    this.#options = options;
    this.#screen = screen;
    this.#end = end;
    this.#userName = options.userName ?? (() => undefined);
    this.#picture = new TopPicture(options);
    this.#look = new TopLook(screen, options);
    const ui = options.begin(initialUi(Math.max(FASTEST_MS, options.intervalMs)));
    this.#ui = options.player === undefined ? ui : { ...ui, player: { typed: null } };
    if (options.recorder !== undefined) options.recorder.say = (text) => this.#say(text);
  }

  /** Redraws at the interval: more often until there is data, less often if frames are expensive. */
  tick(): void {
    if (this.#ended) return;
    const start = performance.now();
    this.#guard(() => this.#picture.renew(this.#ui));
    this.draw();
    if (this.#ended) return;
    clearTimeout(this.#timer);
    const waiting = this.#picture.data.snapshot === null;
    const lagMs = this.#options.player === undefined ? (this.#picture.data.snapshot?.lagMs ?? 0) : 0;
    const delay = frameDelayMs(this.#ui.intervalMs, performance.now() - start, lagMs);
    this.#timer = setTimeout(() => this.tick(), waiting ? FASTEST_MS : delay);
  }

  key(name: string): void {
    if (this.#ended) return;
    this.#guard(() => this.#press(name));
    if (this.#ended) return;
    /* A burst of keys, such as a key held down, is drawn as one frame. */
    this.#soon ??= setImmediate(() => {
      this.#soon = undefined;
      this.draw();
    });
  }

  mouse(action: MouseAction): void {
    if (this.#ended) return;
    if (action.kind === "wheel") {
      for (let row = 0; row < WHEEL_ROWS; row++) this.key(action.by > 0 ? "down" : "up");
      return;
    }
    this.#guard(() => {
      const data = this.#picture.at(this.#ui);
      const size = this.#screen.size();
      const frame = topFrame(data, this.#ui, size, this.#userName);
      this.#ui = click(this.#ui, topList(data, this.#ui, size), frame, action.row);
    });
    this.draw();
  }

  #press(name: string): void {
    const before = this.#ui;
    const list = topList(this.#picture.at(before), before, this.#screen.size());
    const { ui, effect, command } = pressKey(before, name, list);
    this.#ui = ui;
    if (command !== undefined) this.#options.player?.press(command);
    if (before.paused === null && ui.paused !== null) this.#picture.freeze();
    if (before.paused !== null && ui.paused === null) this.#picture.thaw(ui);
    if (effect !== undefined) this.#effect(effect);
    if (!this.#ended && ui.intervalMs !== before.intervalMs) this.tick();
  }

  #effect(effect: Effect): void {
    switch (effect) {
      case "quit":
        return this.#end();
      case "suspend":
        return this.#screen.suspend();
      case "redraw":
        return this.#screen.redraw();
      case "zero":
        return this.#say(
          this.#picture.zero() ? "counters reset (z again: totals since start)" : "counters show totals again",
        );
      case "record":
        return this.#options.recorder?.toggle();
      case "copy":
        return this.#copy();
      case "write":
        return this.#write();
      case "theme":
        return this.#say(this.#look.nextTheme());
      case "mouse":
        return this.#say(this.#look.toggleMouse());
      case "save":
        return this.#save();
      default:
        return effect satisfies never;
    }
  }

  #save(): void {
    const { theme, mouse } = this.#look;
    this.#options.save({ ui: this.#ui, theme, mouse }).then(
      (message) => this.#say(message),
      (error: unknown) => this.#end(error),
    );
  }

  #copy(): void {
    const text = copyText(this.#picture.at(this.#ui), this.#ui, this.#screen.size());
    if (text === null) return this.#say("nothing to copy here");
    this.#screen.copy(text);
    this.#say(`copied: ${text}`);
  }

  #write(): void {
    const { columns } = this.#screen.size();
    writeShown(this.#picture.at(this.#ui), this.#ui, columns, this.#userName).then(
      (message) => this.#say(message),
      (error: unknown) => this.#end(error),
    );
  }

  /** Text written to stderr is shown among the messages (`!`), because it would garble the screen. */
  hear(text: string): void {
    for (const line of text.split("\n")) if (line.trim() !== "") this.#picture.say(line);
  }

  /** Shows a message on the bottom line for a while, and keeps it among the messages. */
  #say(text: string): void {
    this.#picture.say(text);
    this.#toast = { text, until: performance.now() + TOAST_MS };
    this.draw();
  }

  draw(): void {
    if (this.#ended) return;
    this.#guard(() => {
      const data = this.#picture.at(this.#ui);
      this.#ui = { ...this.#ui, paused: this.#picture.behind(this.#ui), status: this.#status() };
      this.#screen.draw(topFrame(data, this.#ui, this.#screen.size(), this.#userName));
    });
  }

  #status(): string {
    const { player, status } = this.#options;
    if (performance.now() < this.#toast.until) return this.#toast.text;
    if (player === undefined || this.#ui.player === null) return status();
    return playerStatus(player.state(), this.#ui.player);
  }

  #guard(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#end(error);
    }
  }

  stop(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#soon);
  }
}
