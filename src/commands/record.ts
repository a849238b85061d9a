import { type Command, InvalidArgumentError, Option } from "commander";
import { UserError } from "../base/errors.ts";
import { formatPlural } from "../base/quantity.ts";
import { countOption, durationOption, jsonOption, parseCount, parseDuration, sourceOption } from "./options.ts";
import { EventPrinter } from "./run/event-printer.ts";
import { ProgressLine } from "./run/progress-line.ts";
import type { Session } from "./run/session.ts";
import { version } from "./run/version.ts";
import { usageError } from "./usage-error.ts";
import type { TraceEvent } from "../model/events/event.ts";
import { MATCH_ALL } from "../model/filter/filter.ts";
import { packZstd } from "../recording/format/zstd.ts";
import { fileNames, containsTime } from "../recording/write/file-names.ts";
import { newHeader } from "../recording/write/new-header.ts";
import { OutputFile, findCaller } from "../recording/write/output-file.ts";
import type { Packing } from "../recording/write/packer.ts";
import { Recorder, type RecorderOptions } from "../recording/write/recorder.ts";
import type { Sink } from "../recording/write/sink.ts";
import { type SourceWish, liveSource } from "../source/auto.ts";
import { summaryLossText } from "../view/print/events-text.ts";
import { recordingText } from "../view/words/record-text.ts";

interface RecordFlags {
  readonly source: SourceWish;
  /** A file, or `-` for stdout. */
  readonly write: string;
  /** Bytes, and milliseconds, after which a new file is started. */
  readonly size?: number;
  readonly seconds?: number;
  /** The number of files to keep; absent: all. */
  readonly files?: number;
  readonly count?: number;
  readonly duration?: number;
  readonly compress?: Packing;
  readonly onFull: "stop" | "drop";
  /** Also print what `events` prints. */
  readonly print: boolean;
  readonly json: boolean;
}

/** Records until Ctrl-C, `count` or `duration`; then prints a summary on stderr. */
async function record(flags: RecordFlags, session: Session): Promise<void> {
  checkFlags(flags, session);
  const run = await RecordRun.start(flags, session);
  const report = (): void => session.say(run.describe());
  process.on("SIGUSR1", report);
  const progress = new ProgressLine(session.stderr, () => run.describe());
  try {
    for await (const batch of liveSource(flags.source).events(session.signal)) await run.take(batch);
    await run.end();
  } finally {
    progress.end();
    process.off("SIGUSR1", report);
  }
  session.say(run.describe());
  const loss = run.describeLoss();
  if (loss !== null) session.say(loss);
  if (!run.isFull) return;
  const more = run.isEndMissing ? "free some space" : "use --on-full drop to continue";
  const what = run.isEndMissing ? "the disk is full: the end of the recording is missing" : "the disk is full";
  throw new UserError("disk-full", what, `what was recorded is readable; ${more}`);
}

class RecordRun {
  readonly #flags: RecordFlags;
  readonly #session: Session;
  readonly #printer: EventPrinter;
  readonly #recorder: Recorder;
  /** No more events are recorded. */
  #isDone = false;
  #saidFull = false;
  /** The recording ended because the disk was full. */
  isFull = false;
  /** The disk was full when the rest was written. */
  isEndMissing = false;

  private constructor(flags: RecordFlags, session: Session, printer: EventPrinter, recorder: Recorder) {
    this.#flags = flags;
    this.#session = session;
    this.#printer = printer;
    this.#recorder = recorder;
  }

  static async start(flags: RecordFlags, session: Session): Promise<RecordRun> {
    const { json, duration, print } = flags;
    // `count` limits recorded transitions, so the printer, which may print fewer, gets no `count`.
    const printer = new EventPrinter({ filter: MATCH_ALL, json, duration }, session.say, print);
    const recorder = await Recorder.start(recorderOptions(flags, session), printer.model);
    return new RecordRun(flags, session, printer, recorder);
  }

  async take(batch: readonly TraceEvent[]): Promise<void> {
    for (const event of batch) {
      if (this.#isDone) break;
      this.#recorder.event(event);
      this.#printer.fold(event);
      // Checked per event, because a batch may exceed `count`.
      if (this.#printer.model.tables.counts.transitions >= (this.#flags.count ?? Infinity)) this.#isDone = true;
    }
    const lines = this.#printer.take();
    if (this.#flags.print) await this.#session.write(lines);
    if (!this.isFull && !(await this.#recorder.flush())) this.#stopFull();
    this.#reportFull();
    if (this.#isDone || this.#printer.isDone) this.#session.shutdown.abort("done");
  }

  #stopFull(): void {
    this.isFull = true;
    this.#isDone = true;
  }

  #reportFull(): void {
    if (this.#recorder.isFull === this.#saidFull) return;
    this.#saidFull = this.#recorder.isFull;
    const dropped = formatPlural(this.#recorder.dropped, "transition was", "transitions were");
    if (!this.#saidFull) this.#session.say(`there is room again: ${dropped} not recorded`);
    else if (this.#flags.onFull === "drop") {
      this.#session.say("the disk is full: nothing is recorded until there is room");
    }
  }

  async end(): Promise<void> {
    if (!this.isFull) this.isFull = this.isEndMissing = !(await this.#recorder.end());
    const rest = this.#printer.end();
    if (this.#flags.print) await this.#session.write(rest);
  }

  /** How many transitions were lost, and where, in one line; null if none were. */
  describeLoss(): string | null {
    return summaryLossText(this.#printer.summary());
  }

  /** The counts so far, in one line. */
  describe(): string {
    const { model } = this.#printer;
    const { counts, source, clock } = model.tables;
    const { transitions, attributed, lost } = counts;
    const { files, bytes, dropped } = this.#recorder;
    const seconds = source.secondsUntil(clock.now);
    return recordingText({ transitions, attributed, lost, source: source.name, seconds, files, bytes, dropped });
  }
}

function recorderOptions(flags: RecordFlags, session: Session): RecorderOptions {
  const { size, seconds, onFull } = flags;
  const tcptrace = version();
  return {
    open: flags.write === "-" ? async () => stdoutSink(session) : openerOf(flags),
    header: (source, file) => newHeader(tcptrace, source, file),
    maxNanos: seconds === undefined ? null : seconds * 1e6,
    maxBytes: size ?? null,
    packing: packingFor(flags),
    onFull,
  };
}

function openerOf({ write, size, seconds, files }: RecordFlags): (index: number) => Promise<Sink> {
  const names = fileNames(write, size !== undefined || seconds !== undefined, files ?? null);
  const caller = findCaller(process.env);
  return async (index) => OutputFile.open(names.name(index, new Date()), caller);
}

function stdoutSink(session: Session): Sink {
  let bytes = 0;
  return {
    get bytes() {
      return bytes;
    },
    write: async (chunk) => {
      await session.write(chunk);
      bytes += chunk.length;
    },
    close: async () => {},
  };
}

/** Throws UserError for flags that contradict each other. */
function checkFlags({ write, size, seconds, files, print, json }: RecordFlags, { stdout }: Session): void {
  const rotates = size !== undefined || seconds !== undefined;
  if (write === "-" && print) throw misuse("--print and -w - both write to stdout", "give -w a file");
  if (write === "-" && rotates) throw misuse("-C and -G rotate files, and -w - is stdout", "give -w a file");
  if (write === "-" && stdout.isTTY === true)
    throw misuse("-w - would write binary data to the terminal", "pipe it, or give -w a file");
  if (files !== undefined && !rotates) throw misuse("-W requires -C or -G");
  if (files !== undefined && containsTime(write)) {
    throw misuse("-W overwrites files, but time escapes make every name new", "omit -W, or the escapes in -w");
  }
  if (json && !print) throw misuse("--json requires --print");
  if (write === "") throw misuse("the file name of -w is empty", "give -w a path");
}

function misuse(what: string, hint?: string): UserError {
  return usageError("record", what, hint);
}

function packingFor({ write, compress }: RecordFlags): Packing {
  const packing = compress ?? (write.endsWith(".gz") ? "gzip" : write.endsWith(".zst") ? "zstd" : "none");
  if (packing === "zstd" && packZstd === null) {
    throw new UserError("no-zstd", "this Node.js has no zstd: it needs 22.15", "try: --compress gzip");
  }
  return packing;
}

const RECORD_EXAMPLES = `
Examples:
  sudo tcptrace record -w run.tct.gz                     record until Ctrl-C; then tcptrace top -r run.tct.gz
  sudo tcptrace record -w run.tct.gz -C 100 -W 10        keep the last 10 files of 100 MB
  sudo tcptrace record -w run-%H%M.tct -G 3600           one file per hour
  ssh host sudo tcptrace record -w - | tcptrace top -r -
`;

export function addRecord(program: Command, session: Session): void {
  program
    .command("record")
    .description("record transitions to a file that every view can read with -r")
    .requiredOption("-w, --write <FILE>", "file to write, created with mode 0600; - is stdout")
    .addOption(sourceOption())
    .option("-C, --size <SIZE>", "start a new file after this size: 10 (MB), 500k, 10M, 1G", parseSize)
    .option("-G, --seconds <DUR>", "start a new file after this time: 10s 5m 2h, or seconds", parseRotation)
    .option(
      "-W, --files <N>",
      "with -C or -G: keep the last N files; FILE must not contain time escapes such as %H",
      parseCount,
    )
    .addOption(countOption())
    .addOption(durationOption())
    .addOption(
      new Option("--compress <PACKING>", "default: gzip if the name ends in .gz, zstd if in .zst").choices([
        "none",
        "gzip",
        "zstd",
      ]),
    )
    .addOption(
      new Option("--on-full <stop|drop>", "when the disk is full: stop, or drop transitions and continue")
        .choices(["stop", "drop"])
        .default("stop"),
    )
    .option("--print", "also print each transition, as `events` does", false)
    .addOption(jsonOption("with --print: print newline-delimited JSON"))
    .addHelpText("after", RECORD_EXAMPLES)
    .action((flags: RecordFlags) => session.whileRead(() => record(flags, session)));
}

/** A size as in tcpdump, in bytes: `10` is ten million; `500k`, `10M` and `1G` use powers of 1024. */
function parseSize(text: string): number {
  const [, number, unit = ""] = /^(\d{1,9})([kKmMgG]?)$/.exec(text) ?? [];
  const scale = { "": 1e6, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }[unit.toLowerCase()];
  const bytes = Number(number) * (scale ?? NaN);
  if (!(bytes > 0)) throw new InvalidArgumentError("must be 10 (MB), 500k, 10M or 1G");
  return bytes;
}

/** A duration of at least a second, in milliseconds. */
function parseRotation(text: string): number {
  const ms = parseDuration(text);
  if (ms < 1000) throw new InvalidArgumentError("must be at least 1s");
  return ms;
}
