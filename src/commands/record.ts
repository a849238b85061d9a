import { type Command, Option } from "commander";
import { UserError } from "../base/errors.ts";
import { parseCount, parseDuration, parseSeconds, parseSize, parseSource } from "./options.ts";
import type { Outcome } from "./outcome.ts";
import { record } from "./run/recording.ts";
import { packZstd } from "../recording/format/zstd.ts";
import { tellsTime } from "../recording/write/file-names.ts";
import type { Packing } from "../recording/write/packer.ts";
import type { SourceWish } from "../source/auto.ts";

const RECORD_EXAMPLES = `
Examples:
  sudo tcptrace record -w run.tct.gz                     until Ctrl-C; then tcptrace top -r run.tct.gz
  sudo tcptrace record -w run.tct.gz -C 100 -W 10        the last 10 files of 100 MB each
  sudo tcptrace record -w run-%H%M.tct -G 3600           a file an hour
  ssh host sudo tcptrace record -w - | tcptrace top -r -
`;

interface RecordFlags {
  source: SourceWish;
  write: string;
  size?: number;
  seconds?: number;
  files?: number;
  count?: number;
  duration?: number;
  compress?: Packing;
  onFull: "stop" | "drop";
  print: boolean;
  json: boolean;
}

export function addRecord(program: Command, outcome: Outcome, shutdown: AbortController): void {
  program
    .command("record")
    .description("transitions to a file, to be read back by every view with -r")
    .requiredOption("-w, --write <FILE>", "the file, made with mode 0600; - is stdout")
    .option("--source <auto|bpf|proc>", "where events come from; bpf fails rather than fall back", parseSource, "auto")
    .option("-C, --size <SIZE>", "begin the next file after this size: 10 is 10 MB; 500k, 10M, 1G", parseSize)
    .option("-G, --seconds <SECONDS>", "begin the next file after this time: 60, 10m, 1h", parseSeconds)
    .option("-W, --files <N>", "with -C or -G: keep the last N files; FILE must not tell the time (%H)", parseCount)
    .option("-c, --count <N>", "end after N transitions", parseCount)
    .option("--duration <DUR>", "end after this time: 500ms 10s 5m 2h", parseDuration)
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
    .option("--json", "with --print: newline-delimited JSON", false)
    .addHelpText("after", RECORD_EXAMPLES)
    .action(async (flags: RecordFlags) => {
      checkFlags(flags);
      const { source, write, onFull, print, json, size, seconds, files, count, duration } = flags;
      const packing = packingFor(flags);
      const limits = { maxBytes: size ?? null, maxMs: seconds ?? null, files: files ?? null };
      const ends = { count: count ?? null, durationMs: duration ?? null };
      outcome.code = await record({ source, write, onFull, print, json, packing, ...limits, ...ends }, shutdown);
    });
}

/** What cannot be meant. */
function checkFlags({ write, size, seconds, files, print, json }: RecordFlags): void {
  const rotates = size !== undefined || seconds !== undefined;
  if (write === "-" && print) throw misuse("--print and -w - both want stdout", "give -w a file");
  if (write === "-" && rotates) throw misuse("-C and -G need files to rotate", "give -w a file");
  if (write === "-" && process.stdout.isTTY) throw misuse("-w - would fill the terminal", "pipe it, or give -w a file");
  if (files !== undefined && !rotates) throw misuse("-W bounds a rotation", "add -C SIZE or -G SECONDS");
  if (files !== undefined && tellsTime(write)) {
    throw misuse("-W writes over old files, and names that tell the time differ", "leave out -W, or the % words of -w");
  }
  if (json && !print) throw misuse("--json says how --print prints", "add --print");
  if (write === "") throw misuse("-w '' is no file", "give -w a path");
}

function packingFor({ write, compress }: RecordFlags): Packing {
  const packing = compress ?? (write.endsWith(".gz") ? "gzip" : write.endsWith(".zst") ? "zstd" : "none");
  if (packing === "zstd" && packZstd === null) {
    throw misuse("this Node.js has no zstd (22.15 has)", "use --compress gzip");
  }
  return packing;
}

function misuse(message: string, hint: string): UserError {
  return new UserError("usage", message, hint);
}
