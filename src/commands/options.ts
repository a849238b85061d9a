import { type Command, InvalidArgumentError, Option } from "commander";
import { parseSecondsMs } from "../base/duration.ts";
import type { EventInputOptions } from "./run/event-input.ts";
import { FILTER_KEYS } from "../model/filter/filter-keys.ts";
import { type Filter, MATCH_ALL } from "../model/filter/filter.ts";
import { parseFilter } from "../model/filter/parse-filter.ts";
import type { SourceWish } from "../source/auto.ts";

/** Flags that every view has. */
export interface ViewFlags extends EventInputOptions {
  readonly filter: Filter;
}

const FILTER_WORDS = [...FILTER_KEYS.keys()].map((key) => `${key}:`).join(" ");

/** Adds the options that every view has, live or from a recording. */
export function addViewOptions(command: Command): Command {
  return command
    .addOption(readOption("read a recording instead of this machine; - is stdin").conflicts("source"))
    .addOption(sourceOption())
    .addOption(filterOption(`only these sockets: ${FILTER_WORDS}, ! for not`));
}

export function readOption(help: string): Option {
  return new Option("-r, --read <FILE>", help);
}

export function sourceOption(): Option {
  return new Option("--source <auto|bpf|proc>", "where events come from; bpf fails instead of falling back")
    .argParser(parseSource)
    .default("auto");
}

export function filterOption(help: string): Option {
  return new Option("--filter <EXPR>", help).argParser(parseFilterWords).default(MATCH_ALL, "all");
}

export function jsonOption(help = "print one JSON document"): Option {
  return new Option("--json", help).default(false);
}

/** For a command that reports once. `usual` is how long it watches a live machine; a recording is read to its end. */
export function watchOption(usual: string): Option {
  const help = `how long to watch before reporting: 500ms 10s 5m 2h, or seconds (default: ${usual})`;
  return new Option("--duration <DUR>", help).argParser(parseDuration);
}

/** For a command that runs until Ctrl-C. */
export function durationOption(): Option {
  return new Option("--duration <DUR>", "stop after this time: 500ms 10s 5m 2h, or seconds").argParser(parseDuration);
}

/** For a command that runs until Ctrl-C. */
export function countOption(): Option {
  return new Option("-c, --count <N>", "stop after N transitions").argParser(parseCount);
}

export function stuckAfterOption(): Option {
  return new Option("--stuck-after <DUR>", "when CLOSE_WAIT counts as stuck: 500ms 10s 5m 2h, or seconds")
    .argParser(parseDuration)
    .default(60_000, "60s");
}

const LONGEST_MS = 365 * 24 * 3_600_000;

/** `500ms`, `10s`, `1.5m`, `2h`, or a number of seconds; in milliseconds. */
export function parseDuration(text: string): number {
  const ms = parseSecondsMs(text) ?? NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError("must be 500ms, 10s, 5m or 2h, or a number of seconds");
  if (ms > LONGEST_MS) throw new InvalidArgumentError("must be at most a year (8760h)");
  return ms;
}

export function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count) || count < 1) {
    throw new InvalidArgumentError("must be an integer of at least 1");
  }
  return count;
}

function parseSource(text: string): SourceWish {
  if (text === "auto" || text === "bpf" || text === "proc") return text;
  throw new InvalidArgumentError("must be auto, bpf or proc");
}

function parseFilterWords(text: string): Filter {
  const parsed = parseFilter(text);
  if (parsed.ok) return parsed.filter;
  throw new InvalidArgumentError(parsed.error);
}
