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
  /** The filter of the command line; it applies in addition to the typed one. */
  readonly filter: Filter;
  /** The host name of the traced machine. */
  readonly host: string;
  /** Absent while a recording is played. */
  readonly recorder?: { state(): RecordingState | null };
}

/** The data that the screen is drawn from, as of the last tick, the pause, or a key that needed other data. */
export class TopPicture {
  readonly #options: PictureOptions;
  readonly #trail = new StateTrail();
  readonly #messages = new Messages();
  /** The state to show while the screen is paused. */
  #frozen: TopSource | null = null;
  #typed = { text: "", filter: MATCH_ALL, both: MATCH_ALL };
  #mark: Mark | null = null;
  /** The rows of a stream, held while the newest are not followed. */
  #held: { readonly view: View; readonly filter: Filter; readonly answer: object | null } | null = null;
  /** The key of the view that `data` was read for. */
  #askedFor = "";
  data: TopData;

  constructor(options: PictureOptions) {
    this.#options = options;
    this.#typed.both = options.filter;
    this.data = { ...NO_DATA, host: options.host };
  }

  /** Reads everything that the view shows. */
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

  /** The data of the view; read again if the view needs other data than before. */
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

  /** How far the paused screen is behind the tracing; null if it is not paused. */
  behind({ paused }: TopUi): TopUi["paused"] {
    const shown = this.#frozen?.snapshot(MATCH_ALL) ?? null;
    if (paused === null || shown === null) return paused;
    const { wallMs, transitions } = this.#options.source.progress();
    return { ms: Math.max(0, wallMs - shown.wallMs), transitions: Math.max(0, transitions - shown.transitions) };
  }

  /** Resets the counters, or restores the totals. Returns whether they are reset now. */
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

  /** The rows of a stream stay in place while the user moves among them. */
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

/** Changes whenever the view needs other data. */
function keyOf(ui: TopUi): string {
  return JSON.stringify([wishOf(ui), ui.filter.text]);
}
