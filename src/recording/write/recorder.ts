import { UserError } from "../../base/errors.ts";
import type { ClockAnchor, CountersSeen, SourceChange, SourceName, TraceEvent } from "../../model/events/event.ts";
import type { Image } from "../../model/events/image.ts";
import type { Nanos } from "../../model/net/nanos.ts";
import type { Header } from "../format/header.ts";
import { isFull } from "./output-file.ts";
import type { Packing } from "./packer.ts";
import { RecordingFile } from "./recording-file.ts";
import type { Sink } from "./sink.ts";

export interface RecorderOptions {
  /** Opens the `index`th file of the rotation, empty. */
  readonly open: (index: number) => Promise<Sink>;
  readonly header: (source: SourceName, file: number) => Header;
  readonly packing: Packing;
  /** The size of a file after which the next one begins; null for no limit. */
  readonly maxBytes: number | null;
  /** The same as a duration. */
  readonly maxNanos: Nanos | null;
  /** If the disk is full, `stop` ends the recording, and `drop` continues it once there is room again. */
  readonly onFull: "stop" | "drop";
}

/** What has been recorded so far, as the model of the run knows it. */
export interface RecordedModel {
  /** The time of the latest event. */
  readonly now: Nanos;
  /** All that a model needs to continue from here, except `lastEvents`. */
  image(): Image;
  /** The last events of the kinds that an image leaves out; null where there were none. */
  lastEvents(): LastEvents;
}

interface LastEvents {
  readonly anchor: ClockAnchor | null;
  readonly source: SourceChange | null;
  readonly counters: CountersSeen | null;
}

/** How often writing to a full disk is tried again. */
const RETRY_MS = 1000;

/**
 * Writes a run's events to one file after another, each of which can be read by itself. Pass each event to `event` before the
 * model folds it; call `flush` only between batches, when the model is consistent.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #model: RecordedModel;
  #file: RecordingFile;
  /** Whether a file has ended and the next one could not be opened. */
  #isClosed = false;
  #hasHeader = false;
  /** Whether the file's beginning has been written: the header, the anchor, the source, the counters and the image. */
  #isBegun = false;
  /** Events from before the source was known, which the header names. */
  #early: TraceEvent[] = [];
  #anchor: ClockAnchor | null = null;
  #source: SourceChange | null = null;
  #counters: CountersSeen | null = null;
  #begun: Nanos | null = null;
  /** The size of the file's beginning; null until it is known. */
  #firstBytes: number | null = null;
  #earlierBytes = 0;
  #earlierTransitions = 0;
  #given = 0;
  /** Null before the first event. */
  #writtenUntil: Nanos | null = null;
  /** performance.now() of the last write that found the disk full; null if it is not full. */
  #fullAt: number | null = null;
  files = 1;
  /** Transitions that were dropped because the disk was full. */
  dropped = 0;

  private constructor(options: RecorderOptions, model: RecordedModel, sink: Sink) {
    this.#options = options;
    this.#model = model;
    this.#file = new RecordingFile(sink, options.packing);
  }

  static async start(options: RecorderOptions, model: RecordedModel): Promise<Recorder> {
    try {
      return new Recorder(options, model, await options.open(0));
    } catch (error) {
      if (!isFull(error)) throw error;
      throw new UserError(
        "disk-full",
        "the disk is full: nothing was recorded",
        "free some space, or pass another path to -w",
      );
    }
  }

  /**
   * Begins in the middle of a run, between batches, with an image of the model. Throws UserError if the file can't be
   * created.
   */
  static async join(options: RecorderOptions, model: RecordedModel): Promise<Recorder> {
    const recorder = await Recorder.start(options, model);
    const { anchor, source, counters } = model.lastEvents();
    recorder.#anchor = anchor;
    recorder.#source = source;
    recorder.#counters = counters;
    recorder.#hasHeader = true;
    recorder.#writtenUntil = model.now;
    recorder.#begin(null);
    return recorder;
  }

  /** The size of all files together. */
  get bytes(): number {
    return this.#earlierBytes + (this.#isClosed ? 0 : this.#file.bytes);
  }

  #transitions(): number {
    return this.#earlierTransitions + (this.#isClosed ? 0 : this.#file.transitions);
  }

  get isFull(): boolean {
    return this.#fullAt !== null;
  }

  event(event: TraceEvent): void {
    this.#writtenUntil ??= event.at;
    if (event.kind === "transition") this.#given++;
    else if (event.kind === "anchor") this.#anchor = event;
    else if (event.kind === "counters") this.#counters = event;
    else if (event.kind === "source") this.#source = event;
    if (this.#fullAt !== null) return;
    if (this.#hasHeader) this.#file.event(event);
    else this.#first(event);
  }

  #first(event: TraceEvent): void {
    this.#early.push(event);
    if (event.kind !== "source") return;
    this.#file.begin(this.#options.header(event.source, this.files - 1));
    this.#hasHeader = true;
    for (const early of this.#early) this.#file.event(early);
    this.#early = [];
  }

  /**
   * Writes what is due, and begins the next file if this one is long enough. False if a full disk has ended the
   * recording.
   */
  async flush(): Promise<boolean> {
    if (this.#fullAt !== null && performance.now() - this.#fullAt < RETRY_MS) return true;
    try {
      if (this.#fullAt !== null) await this.#resume();
      await this.#file.flush(this.#fullAt !== null || !this.#isBegun);
      this.#isBegun = this.#hasHeader;
      this.#fullAt = null;
      if (this.#file.isWritten) this.#writtenUntil = this.#model.now;
      this.#begun ??= this.#model.now;
      if (this.#isLong()) await this.#rotate();
      return true;
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** Writes the rest. False if the disk is full. */
  async end(): Promise<boolean> {
    try {
      if (this.#fullAt !== null) await this.#resume();
      await this.#file.end();
      this.#fullAt = null;
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    } finally {
      if (!this.#isClosed) await this.#file.close();
    }
  }

  #fail(error: unknown): boolean {
    if (!isFull(error)) throw error;
    this.#fullAt = performance.now();
    this.dropped = this.#given - this.#transitions();
    return this.#options.onFull === "drop";
  }

  /** Continues once there may be room again, with a gap from the last time in the file until now. */
  async #resume(): Promise<void> {
    this.dropped = this.#given - this.#transitions();
    const { now } = this.#model;
    const gap: TraceEvent = { kind: "gap", at: now, from: this.#writtenUntil ?? now };
    if (this.#isClosed) return this.#openNext(gap);
    if (!this.#isBegun) {
      // After half a beginning, nothing that follows could be read.
      await this.#file.clear();
      return this.#begin(gap);
    }
    this.#file.restart();
    this.#file.event(gap);
  }

  /**
   * Whether the next file is due. A file grows to at least twice the size of its beginning, or a small limit would fill
   * the disk with beginnings.
   */
  #isLong(): boolean {
    const { maxBytes, maxNanos } = this.#options;
    const { bytes } = this.#file;
    this.#firstBytes ??= bytes === 0 ? null : bytes;
    if (maxNanos !== null && this.#model.now - (this.#begun ?? 0) >= maxNanos) return true;
    return maxBytes !== null && bytes >= Math.max(maxBytes, 2 * (this.#firstBytes ?? Infinity));
  }

  async #rotate(): Promise<void> {
    if (!this.#hasHeader) return;
    await this.#file.end();
    await this.#file.close();
    this.#earlierBytes += this.#file.bytes;
    this.#earlierTransitions += this.#file.transitions;
    this.#isClosed = true;
    await this.#openNext(null);
  }

  async #openNext(gap: TraceEvent | null): Promise<void> {
    this.#file = new RecordingFile(await this.#options.open(this.files), this.#options.packing);
    this.#isClosed = false;
    this.#isBegun = false;
    this.files++;
    this.#begin(gap);
    await this.#file.flush(true);
    this.#isBegun = true;
  }

  /** Writes all that a model needs to continue with the events that follow. */
  #begin(gap: TraceEvent | null): void {
    const { now } = this.#model;
    this.#begun = now;
    this.#firstBytes = null;
    this.#file.begin(this.#options.header(this.#source?.source ?? "bpf", this.files - 1));
    if (this.#anchor !== null) this.#file.event(this.#anchor);
    if (this.#source !== null) this.#file.event({ ...this.#source, at: now });
    if (gap !== null) this.#file.event(gap);
    if (this.#counters !== null) this.#file.event(this.#counters);
    this.#file.event(this.#model.image());
  }
}
