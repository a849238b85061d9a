import { EXIT, type ExitCode, UserError } from "../../base/errors.ts";
import { EventPrinter } from "./event-printer.ts";
import { say, watchReader, writeOut } from "./output.ts";
import { ProgressLine } from "./progress-line.ts";
import { version } from "./version.ts";
import type { TraceEvent } from "../../model/events/event.ts";
import { MATCH_ALL } from "../../model/filter/filter.ts";
import { fileNames } from "../../recording/write/file-names.ts";
import { newHeader } from "../../recording/write/new-header.ts";
import { OutputFile, findCaller } from "../../recording/write/output-file.ts";
import type { Packing } from "../../recording/write/packer.ts";
import { Recorder, type RecorderOptions } from "../../recording/write/recorder.ts";
import type { Sink } from "../../recording/write/sink.ts";
import { type SourceWish, liveSource } from "../../source/auto.ts";
import { summaryLossText } from "../../view/print/events-text.ts";
import { recordingText } from "../../view/words/record-text.ts";

export interface RecordOptions {
  readonly source: SourceWish;
  /** A file, or `-` for stdout. */
  readonly write: string;
  /** Bytes, then milliseconds, after which the next file begins; null for no end. */
  readonly maxBytes: number | null;
  readonly maxMs: number | null;
  /** How many files to keep; null for all. */
  readonly files: number | null;
  readonly count: number | null;
  readonly durationMs: number | null;
  readonly packing: Packing;
  readonly onFull: "stop" | "drop";
  /** Print what `events` prints, too. */
  readonly print: boolean;
  readonly json: boolean;
}

/** Records until Ctrl-C, `count` or `duration`; then a summary on stderr. */
export async function record(options: RecordOptions, shutdown: AbortController): Promise<ExitCode> {
  const endWatch = watchReader(() => shutdown.abort("EPIPE"));
  const run = await RecordRun.start(options, shutdown);
  const tell = (): void => say(run.describe());
  process.on("SIGUSR1", tell);
  const progress = new ProgressLine(() => run.describe());
  try {
    for await (const batch of liveSource(options.source).events(shutdown.signal)) await run.take(batch);
    await run.end();
  } finally {
    progress.end();
    process.off("SIGUSR1", tell);
    endWatch();
  }
  say(run.describe());
  const loss = run.describeLoss();
  if (loss !== null) say(loss);
  if (!run.isFull) return EXIT.ok;
  const more = run.isEndMissing ? "make room for the next" : "--on-full drop would have gone on";
  const what = run.isEndMissing ? "the disk is full: the recording's end is missing" : "the disk is full";
  throw new UserError("disk-full", what, `what was recorded can be read; ${more}`);
}

class RecordRun {
  readonly #options: RecordOptions;
  readonly #shutdown: AbortController;
  readonly #printer: EventPrinter;
  readonly #recorder: Recorder;
  /** No event is recorded any more. */
  #isDone = false;
  #saidFull = false;
  /** The disk was full, and that was the end. */
  isFull = false;
  /** It was full when the rest was to be written. */
  isEndMissing = false;

  private constructor(options: RecordOptions, shutdown: AbortController, printer: EventPrinter, recorder: Recorder) {
    this.#options = options;
    this.#shutdown = shutdown;
    this.#printer = printer;
    this.#recorder = recorder;
  }

  static async start(options: RecordOptions, shutdown: AbortController): Promise<RecordRun> {
    const { json, durationMs } = options;
    const printer = new EventPrinter({ filter: MATCH_ALL, json, count: null, durationMs }, options.print);
    const recorder = await Recorder.start(recorderOptions(options, shutdown.signal), printer.model.tables);
    return new RecordRun(options, shutdown, printer, recorder);
  }

  async take(batch: readonly TraceEvent[]): Promise<void> {
    for (const event of batch) {
      if (this.#isDone) break;
      this.#recorder.event(event);
      this.#printer.fold(event);
      // Not one transition more than asked for.
      if (this.#printer.model.tables.transitions >= (this.#options.count ?? Infinity)) this.#isDone = true;
    }
    const lines = this.#printer.take();
    if (this.#options.print) await writeOut(lines, this.#shutdown.signal);
    if (!this.isFull && !(await this.#recorder.flush())) this.#stopFull();
    this.#tellFull();
    if (this.#isDone || this.#printer.isDone) this.#shutdown.abort("done");
  }

  #stopFull(): void {
    this.isFull = true;
    this.#isDone = true;
  }

  #tellFull(): void {
    if (this.#recorder.isFull === this.#saidFull) return;
    this.#saidFull = this.#recorder.isFull;
    if (!this.#saidFull) say(`there is room again: ${this.#recorder.dropped} transitions were not recorded`);
    else if (this.#options.onFull === "drop") say("the disk is full: what happens until there is room is not recorded");
  }

  async end(): Promise<void> {
    if (!this.isFull) this.isFull = this.isEndMissing = !(await this.#recorder.end());
    const rest = this.#printer.end();
    if (this.#options.print) await writeOut(rest, this.#shutdown.signal);
  }

  /** Which transitions were lost, in one line; null when none were. */
  describeLoss(): string | null {
    return summaryLossText(this.#printer.summary());
  }

  /** Counts so far, in one line. */
  describe(): string {
    const { model } = this.#printer;
    const { transitions, attributed, lost, source, now, tracingSince } = model.tables;
    const { files, bytes, dropped } = this.#recorder;
    const seconds = tracingSince === null ? 0 : (now - tracingSince) / 1e9;
    return recordingText({ transitions, attributed, lost, source, seconds, files, bytes, dropped });
  }
}

function recorderOptions(options: RecordOptions, signal: AbortSignal): RecorderOptions {
  const { maxBytes, maxMs, packing, onFull } = options;
  const tcptrace = version();
  return {
    open: options.write === "-" ? async () => stdoutSink(signal) : openerOf(options),
    header: (source, file) => newHeader(tcptrace, source, file),
    maxNanos: maxMs === null ? null : maxMs * 1e6,
    maxBytes,
    packing,
    onFull,
  };
}

function openerOf({ write, maxBytes, maxMs, files }: RecordOptions): (index: number) => Promise<Sink> {
  const names = fileNames(write, maxBytes !== null || maxMs !== null, files);
  const caller = findCaller(process.env);
  return async (index) => OutputFile.open(names.name(index, new Date()), caller);
}

function stdoutSink(signal: AbortSignal): Sink {
  let bytes = 0;
  return {
    get bytes() {
      return bytes;
    },
    write: async (chunk) => {
      await writeOut(chunk, signal);
      bytes += chunk.length;
    },
    close: async () => {},
  };
}
