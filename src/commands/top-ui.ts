import type { ChurnReport } from "../model/churn-report.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { TopScreen } from "../terminal/screen.ts";
import type { UserName } from "../view/columns.ts";
import { type PlayerCommand, type PlayerState, playerStatus } from "../view/player-ui.ts";
import { type TopData, topFrame, topList } from "../view/top-frame.ts";
import { pressKey } from "../view/top-keys.ts";
import { initialUi, type TopUi } from "../view/top-ui.ts";

const FASTEST_MS = 250;

export interface TopUiOptions {
  /** The model as it is now; null before anything is known. */
  readonly snapshot: () => Snapshot | null;
  /** TIME_WAIT as it is now; null before anything is known. */
  readonly churn: () => ChurnReport | null;
  /** One line for the bottom of the screen, such as a warning; "" for none. */
  readonly status: () => string;
  readonly intervalMs: number;
  readonly ascii: boolean;
  readonly color: boolean;
  readonly userName?: UserName;
  /** Of a recording; without it the view is live. */
  readonly player?: PlayerControls;
}

export interface PlayerControls {
  press(command: PlayerCommand): void;
  state(): PlayerState;
}

/** Shows the live view until the user quits or `signal` is aborted; gives the terminal back in any case. */
export async function runTopUi(options: TopUiOptions, signal: AbortSignal): Promise<void> {
  const { openTopScreen } = await import("../terminal/screen.ts");
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
      onResize: () => session?.draw(),
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
  #ui: TopUi;
  /** What is on the screen while it is paused. */
  #frozen: TopData | null = null;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;
  #ended = false;

  constructor(options: TopUiOptions, screen: TopScreen, end: (error?: unknown) => void) {
    this.#options = options;
    this.#screen = screen;
    this.#end = end;
    const ui = initialUi(Math.max(FASTEST_MS, options.intervalMs));
    this.#ui = options.player === undefined ? ui : { ...ui, player: { typed: null } };
  }

  /** Draws now and then at the interval, sooner while there is nothing to show. */
  tick(): void {
    this.draw();
    if (this.#ended) return;
    clearTimeout(this.#timer);
    const waiting = this.#options.snapshot() === null;
    this.#timer = setTimeout(() => this.tick(), waiting ? FASTEST_MS : this.#ui.intervalMs);
  }

  key(name: string): void {
    if (this.#ended) return;
    const before = this.#ui;
    const live = this.#live();
    const list = topList(this.#frozen ?? live, before, this.#screen.size());
    const { ui, effect, command } = pressKey(before, name, list);
    this.#ui = ui;
    if (command !== undefined) this.#options.player?.press(command);
    if (before.paused === null && ui.paused !== null) this.#frozen = this.#live(true);
    if (ui.paused === null) this.#frozen = null;
    if (effect === "quit") return this.#end();
    if (effect === "suspend") return this.#screen.suspend();
    if (effect === "redraw") this.#screen.redraw();
    if (ui.intervalMs !== before.intervalMs) this.tick();
    /* A burst of keys, as from a key held down, is one frame. */
    this.#soon ??= setImmediate(() => {
      this.#soon = undefined;
      this.draw();
    });
  }

  draw(): void {
    if (this.#ended) return;
    try {
      const live = this.#live();
      const shown = this.#frozen ?? live;
      if (this.#ui.paused !== null && shown.snapshot !== null && live.snapshot !== null) {
        const ms = live.snapshot.wallMs - shown.snapshot.wallMs;
        const transitions = live.snapshot.transitions - shown.snapshot.transitions;
        this.#ui = { ...this.#ui, paused: { ms, transitions } };
      }
      this.#ui = { ...this.#ui, status: this.#status() };
      this.#screen.draw(topFrame(shown, this.#ui, this.#screen.size(), this.#options.userName));
    } catch (error) {
      this.#end(error);
    }
  }

  /** As it is now; what the view does not show is left out unless it is to be frozen. */
  #live(isWhole = false): TopData {
    const needsChurn = isWhole || this.#ui.view === "timeWait";
    return { snapshot: this.#options.snapshot(), churn: needsChurn ? this.#options.churn() : null };
  }

  #status(): string {
    const { player, status } = this.#options;
    if (player === undefined || this.#ui.player === null) return status();
    return playerStatus(player.state(), this.#ui.player);
  }

  stop(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#soon);
  }
}
