import type { TopSource } from "./data/top-asks.ts";
import type { TopRecorder } from "./top-recorder.ts";
import { type Filter, MATCH_ALL, bothFilters } from "../../model/filter/filter.ts";
import { parseFilter } from "../../model/filter/parse-filter.ts";
import { SOCKET_SORTS, type SocketsOf } from "../../model/lists/build-sockets.ts";
import { Messages } from "../../view/state/messages.ts";
import { type Mark, StateTrail, markOf } from "../../view/state/state-trail.ts";
import { NO_DATA, type TopData, type TransitionRows } from "../../view/state/top-data.ts";
import { type TopUi, levelOf } from "../../view/state/top-ui.ts";

export interface PictureOptions {
  readonly source: TopSource;
  /** Of the command line: it holds beside what is typed. */
  readonly filter: Filter;
  /** The machine that is watched. */
  readonly host: string;
  /** What records from here; not there for a recording. */
  readonly recorder?: TopRecorder;
}

/** What was asked of the source for the view at hand. */
type Asked = Pick<TopData, "churn" | "groups" | "sockets" | "timeline" | "transitions">;

const NOTHING: Asked = { churn: null, groups: null, sockets: null, timeline: null, transitions: null };

/** Keeps what the screen is drawn from: as of the last tick, as of the pause, or as of a key that asks for something else. */
export class TopPicture {
  readonly #options: PictureOptions;
  readonly #trail = new StateTrail();
  readonly #messages = new Messages();
  /** What stands still while the picture is paused. */
  #frozen: TopSource | null = null;
  #typed = { text: "", filter: MATCH_ALL, both: MATCH_ALL };
  #mark: Mark | null = null;
  /** The transitions that are looked at, while the newest are not followed. */
  #held: { readonly filter: Filter; readonly transitions: TransitionRows } | null = null;
  /** What `data` was asked for. */
  #askedFor = "";
  data: TopData;

  constructor(options: PictureOptions) {
    this.#options = options;
    this.#typed.both = options.filter;
    this.data = { ...NO_DATA, host: options.host };
  }

  /** Asks anew for everything that the view shows. */
  renew(ui: TopUi): void {
    this.#askedFor = wishOf(ui);
    const { filter, both } = this.#filters(ui);
    const source = this.#frozen ?? this.#options.source;
    const snapshot = source.snapshot(both);
    if (snapshot !== null && this.#frozen === null) {
      this.#messages.compare(this.data.snapshot, snapshot);
      this.#trail.add(snapshot);
    }
    const change = snapshot === null ? null : this.#trail.change(snapshot, this.#mark);
    const findings = source.findings(both);
    const asked = snapshot === null ? NOTHING : this.#ask(source, ui, both);
    this.data = { ...this.data, ...asked, filter, snapshot, findings, change };
  }

  /** What the view shows now; asked for anew where something else is wanted than before. */
  at(ui: TopUi): TopData {
    if (wishOf(ui) !== this.#askedFor) this.renew(ui);
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

  #ask(source: TopSource, ui: TopUi, filter: Filter): Asked {
    const { place, isFollowing } = levelOf(ui);
    if (ui.tabs.live.isFollowing) this.#held = null;
    switch (place.kind) {
      case "processes":
        return ui.grouping === null ? NOTHING : { ...NOTHING, groups: source.groups(ui.grouping, filter) };
      case "timeWait":
        return { ...NOTHING, churn: source.churn() };
      case "live":
        return { ...NOTHING, transitions: this.#transitions(source, isFollowing, filter) };
      case "socket":
        return { ...NOTHING, timeline: source.timeline(place.id) };
      case "stuck":
        return this.#sockets(source, ui, filter, { kind: "closeWait" });
      case "process":
      case "group":
      case "unowned":
        return this.#sockets(source, ui, filter, place);
      case "findings":
      case "finding":
      case "messages":
        return NOTHING;
      default:
        return place satisfies never;
    }
  }

  /** Those on the screen stay there while one looks around among them. */
  #transitions(source: TopSource, isFollowing: boolean, filter: Filter): TransitionRows {
    if (isFollowing) return source.transitions(filter);
    if (this.#held?.filter !== filter) this.#held = { filter, transitions: source.transitions(filter) };
    return this.#held.transitions;
  }

  #sockets(source: TopSource, ui: TopUi, filter: Filter, of: SocketsOf): Asked {
    const { sort: wanted, reverse } = levelOf(ui);
    const sort = SOCKET_SORTS.find((one) => one === wanted) ?? null;
    return { ...NOTHING, sockets: source.sockets({ of, filter, onlyStuck: ui.onlySuspicious, sort, reverse }) };
  }
}

/** All that decides what is asked for. */
function wishOf(ui: TopUi): string {
  const { place, sort, reverse, isFollowing } = levelOf(ui);
  const { filter, grouping, onlySuspicious } = ui;
  return JSON.stringify([place, sort, reverse, isFollowing, filter.text, grouping, onlySuspicious]);
}
