import { type Command, InvalidArgumentError, Option } from "commander";
import { UserError } from "../base/errors.ts";
import { parseDurationMs } from "../base/duration.ts";
import type { EventInputOptions } from "./run/event-input.ts";
import { FILTER_KEYS } from "../model/filter/filter-keys.ts";
import { type Filter, MATCH_ALL } from "../model/filter/filter.ts";
import { parseFilter } from "../model/filter/parse-filter.ts";
import type { SourceWish } from "../source/auto.ts";

const SEE_HELP = "see `tcptrace --help`";

/** Flags of every view. */
export interface ViewFlags extends EventInputOptions {
  readonly filter: Filter;
}

const FILTER_WORDS = [...FILTER_KEYS.keys()].map((key) => `${key}:`).join(" ");

/** Adds the options of every view: live or from a recording. */
export function addViewOptions(command: Command): Command {
  return command
    .addOption(readOption("read a recording instead of this machine; - is stdin").conflicts("source"))
    .addOption(sourceOption())
    .addOption(filterOption(`only these sockets: ${FILTER_WORDS}, ! for not`).default(MATCH_ALL, "all"));
}

export function readOption(help: string): Option {
  return new Option("-r, --read <FILE>", help);
}

export function sourceOption(): Option {
  return new Option("--source <auto|bpf|proc>", "where events come from; bpf fails rather than fall back")
    .argParser(parseSource)
    .default("auto");
}

export function filterOption(help: string): Option {
  return new Option("--filter <EXPR>", help).argParser(parseFilterWords).default(MATCH_ALL);
}

export function jsonOption(help = "one JSON document"): Option {
  return new Option("--json", help).default(false);
}

/** Of a command that answers once; `usual` is how long it watches by itself. */
export function watchOption(usual?: string): Option {
  const help = `watch so long before answering${usual === undefined ? "" : ` (default ${usual})`}`;
  return new Option("--duration <DUR>", help).argParser(parseDuration);
}

/** Of a command that goes on until Ctrl-C. */
export function durationOption(): Option {
  return new Option("--duration <DUR>", "end after this time: 500ms 10s 5m 2h").argParser(parseDuration);
}

/** Of a command that goes on until Ctrl-C. */
export function countOption(): Option {
  return new Option("-c, --count <N>", "end after N transitions").argParser(parseCount);
}

export function stuckAfterOption(): Option {
  return new Option("--stuck-after <DUR>", "when CLOSE_WAIT counts as stuck").argParser(parseDuration).default(60_000);
}

/** `500ms`, `10s`, `1.5m`, `2h` in milliseconds. */
export function parseDuration(text: string): number {
  const ms = parseDurationMs(text) ?? NaN;
  if (!(ms <= 365 * 24 * 3_600_000)) throw new InvalidArgumentError("write a duration as 500ms, 10s, 5m or 2h");
  return ms;
}

/** A whole number from 1 on. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count) || count < 1) {
    throw new InvalidArgumentError("write a whole number from 1 on");
  }
  return count;
}

function parseSource(text: string): SourceWish {
  if (text === "auto" || text === "bpf" || text === "proc") return text;
  throw new InvalidArgumentError("it is auto, bpf or proc");
}

function parseFilterWords(text: string): Filter {
  const parsed = parseFilter(text);
  if (parsed.ok) return parsed.filter;
  // Worded as commander words it for other options, but with a code of its own.
  const message = `option '--filter <EXPR>' argument '${text}' is invalid. ${parsed.error}`;
  throw new UserError("bad-filter", oneLine(message), SEE_HELP);
}

/** An error of the command line. */
export function misuse(message: string, hint = SEE_HELP): UserError {
  return new UserError("usage", oneLine(message), hint);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ").trim();
}
