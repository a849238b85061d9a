import { type Command, InvalidArgumentError, Option } from "commander";
import { UserError } from "../base/errors.ts";
import { countOption, durationOption, jsonOption, misuse, parseCount, parseDuration, sourceOption } from "./options.ts";
import { EventPrinter } from "./run/event-printer.ts";
import { ProgressLine } from "./run/progress-line.ts";
import type { Session } from "./run/session.ts";
import { version } from "./run/version.ts";
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
  /** Bytes, then milliseconds, after which the next file begins. */
  readonly size?: number;
  readonly seconds?: number;
  /** How many files to keep; absent: all. */
  readonly files?: number;
  readonly count?: number;
  readonly duration?: number;
  readonly compress?: Packing;
  readonly onFull: "stop" | "drop";
  /** Print what `events` prints, too. */
  readonly print: boolean;
  readonly json: boolean;
}

/** Records until Ctrl-C, `count` or `duration`; then a summary on stderr. */
async function record(flags: RecordFlags, session: Session): Promise<void> {
  checkFlags(flags, session);
  const run = await RecordRun.start(flags, session);
  const tell = (): void => session.say(run.describe());
  process.on("SIGUSR1", tell);
  const progress = new ProgressLine(session.stderr, () => run.describe());
  try {
    for await (const batch of liveSource(flags.source).events(session.signal)) await run.take(batch);
    await run.end();
  } finally {
    progress.end();
    process.off("SIGUSR1", tell);
  }
  session.say(run.describe());
  const loss = run.describeLoss();
  if (loss !== null) session.say(loss);
  if (!run.isFull) return;
  const more = run.isEndMissing ? "make room for the next" : "--on-full drop would have gone on";
  const what = run.isEndMissing ? "the disk is full: the recording's end is missing" : "the disk is full";
  throw new UserError("disk-full", what, `what was recorded can be read; ${more}`);
}

class RecordRun {
  readonly #flags: RecordFlags;
  readonly #session: Session;
  readonly #printer: EventPrinter;
  readonly #recorder: Recorder;
  /** No event is recorded any more. */
  #isDone = false;
  #saidFull = false;
  /** The disk was full, and that was the end. */
  isFull = false;
  /** It was full when the rest was to be written. */
  isEndMissing = false;

  private constructor(flags: RecordFlags, session: Session, printer: EventPrinter, recorder: Recorder) {
    this.#flags = flags;
    this.#session = session;
    this.#printer = printer;
    this.#recorder = recorder;
  }

  static async start(flags: RecordFlags, session: Session): Promise<RecordRun> {
    const { json, duration, print } = flags;
    // Transitions are counted as they are recorded, and not as they are printed.
    const printer = new EventPrinter({ filter: MATCH_ALL, json, duration }, session.say, print);
    const recorder = await Recorder.start(recorderOptions(flags, session), printer.model);
    return new RecordRun(flags, session, printer, recorder);
  }

  async take(batch: readonly TraceEvent[]): Promise<void> {
    for (const event of batch) {
      if (this.#isDone) break;
      this.#recorder.event(event);
      this.#printer.fold(event);
      // Not one transition more than asked for.
      if (this.#printer.model.tables.counts.transitions >= (this.#flags.count ?? Infinity)) this.#isDone = true;
    }
    const lines = this.#printer.take();
    if (this.#flags.print) await this.#session.write(lines);
    if (!this.isFull && !(await this.#recorder.flush())) this.#stopFull();
    this.#tellFull();
    if (this.#isDone || this.#printer.isDone) this.#session.shutdown.abort("done");
  }

  #stopFull(): void {
    this.isFull = true;
    this.#isDone = true;
  }

  #tellFull(): void {
    if (this.#recorder.isFull === this.#saidFull) return;
    this.#saidFull = this.#recorder.isFull;
    if (!this.#saidFull)
      this.#session.say(`there is room again: ${this.#recorder.dropped} transitions were not recorded`);
    else if (this.#flags.onFull === "drop")
      this.#session.say("the disk is full: what happens until there is room is not recorded");
  }

  async end(): Promise<void> {
    if (!this.isFull) this.isFull = this.isEndMissing = !(await this.#recorder.end());
    const rest = this.#printer.end();
    if (this.#flags.print) await this.#session.write(rest);
  }

  /** Which transitions were lost, in one line; null when none were. */
  describeLoss(): string | null {
    return summaryLossText(this.#printer.summary());
  }

  /** Counts so far, in one line. */
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

/** What cannot be meant. */
function checkFlags({ write, size, seconds, files, print, json }: RecordFlags, { stdout }: Session): void {
  const rotates = size !== undefined || seconds !== undefined;
  if (write === "-" && print) throw misuse("--print and -w - both want stdout", "give -w a file");
  if (write === "-" && rotates) throw misuse("-C and -G need files to rotate", "give -w a file");
  if (write === "-" && stdout.isTTY === true)
    throw misuse("-w - would fill the terminal", "pipe it, or give -w a file");
  if (files !== undefined && !rotates) throw misuse("-W bounds a rotation", "add -C SIZE or -G SECONDS");
  if (files !== undefined && containsTime(write)) {
    throw misuse("-W writes over old files, and names that tell the time differ", "leave out -W, or the % words of -w");
  }
  if (json && !print) throw misuse("--json says how --print prints", "add --print");
  if (write === "") throw misuse("-w '' is no file", "give -w a path");
}

function packingFor({ write, compress }: RecordFlags): Packing {
  const packing = compress ?? (write.endsWith(".gz") ? "gzip" : write.endsWith(".zst") ? "zstd" : "none");
  if (packing === "zstd" && packZstd === null) {
    throw new UserError("no-zstd", "this Node.js has no zstd (22.15 has)", "use --compress gzip");
  }
  return packing;
}

const RECORD_EXAMPLES = `
Examples:
  sudo tcptrace record -w run.tct.gz                     until Ctrl-C; then tcptrace top -r run.tct.gz
  sudo tcptrace record -w run.tct.gz -C 100 -W 10        the last 10 files of 100 MB each
  sudo tcptrace record -w run-%H%M.tct -G 3600           a file an hour
  ssh host sudo tcptrace record -w - | tcptrace top -r -
`;

export function addRecord(program: Command, session: Session): void {
  program
    .command("record")
    .description("transitions to a file, to be read back by every view with -r")
    .requiredOption("-w, --write <FILE>", "the file, made with mode 0600; - is stdout")
    .addOption(sourceOption())
    .option("-C, --size <SIZE>", "begin the next file after this size: 10 is 10 MB; 500k, 10M, 1G", parseSize)
    .option("-G, --seconds <SECONDS>", "begin the next file after this time: 60, 10m, 1h", parseSeconds)
    .option("-W, --files <N>", "with -C or -G: keep the last N files; FILE must not tell the time (%H)", parseCount)
    .addOption(countOption())
    .addOption(durationOption())
    .addOption(
      new Option("--compress <PACKING>", "default: gzip when the name ends in .gz, zstd when in .zst").choices([
        "none",
        "gzip",
        "zstd",
      ]),
    )
    .addOption(
      new Option("--on-full <stop|drop>", "when the disk is full: end, or go on and drop")
        .choices(["stop", "drop"])
        .default("stop"),
    )
    .option("--print", "also print what `events` prints", false)
    .addOption(jsonOption("with --print: newline-delimited JSON"))
    .addHelpText("after", RECORD_EXAMPLES)
    .action((flags: RecordFlags) => session.whileRead(() => record(flags, session)));
}

/** tcpdump's sizes in bytes: `10` is ten million; `500k`, `10M`, `1G` are powers of 1024. */
function parseSize(text: string): number {
  const [, number, unit = ""] = /^(\d{1,9})([kKmMgG]?)$/.exec(text) ?? [];
  const scale = { "": 1e6, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }[unit.toLowerCase()];
  const bytes = Number(number) * (scale ?? NaN);
  if (!(bytes > 0)) throw new InvalidArgumentError("write a size as 10 (MB), 500k, 10M or 1G");
  return bytes;
}

/** Seconds, or a duration, of at least a second; in milliseconds. */
function parseSeconds(text: string): number {
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  if (ms < 1000) throw new InvalidArgumentError("the shortest is 1 (second)");
  return ms;
}
