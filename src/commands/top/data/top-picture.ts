import { type Filter, MATCH_ALL, bothFilters } from "../../../model/filter/filter.ts";
import { parseFilter } from "../../../model/filter/parse-filter.ts";
import type { View } from "../../../view/screen/view.ts";
import { viewAt } from "../../../view/screen/views.ts";
import { Messages } from "../../../view/state/messages.ts";
import { type Mark, StateTrail, markOf } from "../../../view/state/state-trail.ts";
import { type Wish, wishOf } from "../../../view/state/question.ts";
import { NO_DATA, type RecordingState, type TopData } from "../../../view/state/top-data.ts";
import type { TopSource } from "../../../view/state/top-source.ts";
import type { TopUi } from "../../../view/state/top-ui.ts";

export interface PictureOptions {
  readonly source: TopSource;
  /** Of the command line: it holds beside what is typed. */
  readonly filter: Filter;
  /** The machine that is watched. */
  readonly host: string;
  /** Absent while a recording is played. */
  readonly recorder?: { state(): RecordingState | null };
}

/** Keeps what the screen is drawn from: from the last tick, the pause, or a key that needed something else. */
export class TopPicture {
  readonly #options: PictureOptions;
  readonly #trail = new StateTrail();
  readonly #messages = new Messages();
  /** What stands still while the picture is paused. */
  #frozen: TopSource | null = null;
  #typed = { text: "", filter: MATCH_ALL, both: MATCH_ALL };
  #mark: Mark | null = null;
  /** The rows of a stream on the screen, while the newest are not followed. */
  #held: { readonly view: View; readonly filter: Filter; readonly answer: object | null } | null = null;
  /** What `data` was asked for. */
  #askedFor = "";
  data: TopData;

  constructor(options: PictureOptions) {
    this.#options = options;
    this.#typed.both = options.filter;
    this.data = { ...NO_DATA, host: options.host };
  }

  /** Asks again for everything that the view shows. */
  renew(ui: TopUi): void {
    this.#askedFor = keyOf(ui);
    const { filter, both } = this.#filters(ui);
    const source = this.#frozen ?? this.#options.source;
    const snapshot = source.snapshot(both);
    if (snapshot !== null && this.#frozen === null) {
      this.#messages.compare(this.data.snapshot, snapshot);
      this.#trail.add(snapshot);
    }
    const change = snapshot === null ? null : this.#trail.change(snapshot, this.#mark);
    const findings = source.findings(both);
    const answer = snapshot === null ? null : this.#ask(source, { ...wishOf(ui), filter: both });
    this.data = { ...this.data, answer, filter, snapshot, findings, change };
  }

  /** What the view shows now; asks again when the view needs something else than before. */
  at(ui: TopUi): TopData {
    if (keyOf(ui) !== this.#askedFor) this.renew(ui);
    const recording = this.#options.recorder?.state() ?? null;
    return { ...this.data, recording, mark: this.#mark, messages: this.#messages.all };
  }

  freeze(): void {
    this.#frozen = this.#options.source.freeze();
    this.#askedFor = "";
  }

  thaw(ui: TopUi): void {
    this.#frozen = null;
    this.renew(ui);
  }

  /** How far the picture is behind the tracing, by now; null when it follows. */
  behind({ paused }: TopUi): TopUi["paused"] {
    const shown = this.#frozen?.snapshot(MATCH_ALL) ?? null;
    if (paused === null || shown === null) return paused;
    const { wallMs, transitions } = this.#options.source.progress();
    return { ms: Math.max(0, wallMs - shown.wallMs), transitions: Math.max(0, transitions - shown.transitions) };
  }

  /** Sets the counters to zero, or back. True: they count from here. */
  zero(): boolean {
    const { snapshot } = this.data;
    this.#mark = this.#mark === null && snapshot !== null ? markOf(snapshot) : null;
    this.#askedFor = "";
    return this.#mark !== null;
  }

  say(text: string): void {
    this.#messages.add(this.data.snapshot?.wallMs ?? 0, text);
  }

  #filters({ filter }: TopUi): { readonly filter: Filter; readonly both: Filter } {
    if (filter.text !== this.#typed.text) {
      const parsed = parseFilter(filter.text);
      const typed = parsed.ok ? parsed.filter : MATCH_ALL;
      this.#typed = { text: filter.text, filter: typed, both: bothFilters(this.#options.filter, typed) };
    }
    return this.#typed;
  }

  /** The rows of a stream stay on the screen while the user moves among them. */
  #ask(source: TopSource, wish: Wish): object | null {
    const { filter } = wish;
    const view = viewAt(wish.place);
    const ask = (): object | null => view.question?.ask(source, wish) ?? null;
    if (!view.isStream) return ask();
    if (wish.isFollowing) this.#held = null;
    else if (this.#held?.view !== view || this.#held.filter !== filter) this.#held = { view, filter, answer: ask() };
    return this.#held === null ? ask() : this.#held.answer;
  }
}

/** Differs whenever the view would ask for something else. */
function keyOf(ui: TopUi): string {
  return JSON.stringify([wishOf(ui), ui.filter.text]);
}
