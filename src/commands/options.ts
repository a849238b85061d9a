import { type Command, InvalidArgumentError, Option } from "commander";
import { parseDurationMs } from "../base/duration.ts";
import { type Filter, MATCH_ALL } from "../model/filter/filter.ts";
import { parseFilter } from "../model/filter/parse-filter.ts";
import type { SourceWish } from "../source/auto.ts";

/** When CLOSE_WAIT counts as stuck. */
export const STUCK_AFTER_MS = 60_000;

/** Of every view. */
export interface ViewFlags {
  source: SourceWish;
  read?: string;
  filter: Filter;
}

/** The options of every view: live or from a recording. */
export function live(command: Command): Command {
  return command
    .addOption(
      new Option("-r, --read <FILE>", "read a recording instead of this machine; - is stdin").conflicts("source"),
    )
    .option("--source <auto|bpf|proc>", "where events come from; bpf fails rather than fall back", parseSource, "auto")
    .addOption(
      new Option(
        "--filter <EXPR>",
        "only these sockets: proc: pid: port: sport: dport: src: dst: state: age:, ! for not",
      )
        .argParser(parseFilterOption)
        .default(MATCH_ALL, "all"),
    );
}

/** `500ms`, `10s`, `1.5m`, `2h` in milliseconds. Throws commander's error for anything else. */
export function parseDuration(text: string): number {
  const ms = parseDurationMs(text) ?? NaN;
  if (!(ms <= 365 * 24 * 3_600_000)) throw new InvalidArgumentError("write a duration as 500ms, 10s, 5m or 2h");
  return ms;
}

/** A duration above zero. */
export function parseInterval(text: string): number {
  const ms = parseDuration(text);
  if (ms < 100) throw new InvalidArgumentError("the shortest is 100ms");
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

export function parseSource(text: string): SourceWish {
  if (text === "auto" || text === "bpf" || text === "proc") return text;
  throw new InvalidArgumentError("it is auto, bpf or proc");
}

/** An expression for `--filter`. */
export function parseFilterOption(text: string): Filter {
  const parsed = parseFilter(text);
  if (parsed.ok) return parsed.filter;
  throw new InvalidArgumentError(parsed.error);
}

/** tcpdump's sizes in bytes: `10` is ten million; `500k`, `10M`, `1G` are powers of 1024. */
export function parseSize(text: string): number {
  const [, number, unit = ""] = /^(\d{1,9})([kKmMgG]?)$/.exec(text) ?? [];
  const scale = { "": 1e6, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }[unit.toLowerCase()];
  const bytes = Number(number) * (scale ?? NaN);
  if (!(bytes > 0)) throw new InvalidArgumentError("write a size as 10 (MB), 500k, 10M or 1G");
  return bytes;
}

/** Seconds, or a duration, of at least a second; in milliseconds. */
export function parseSeconds(text: string): number {
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  if (ms < 1000) throw new InvalidArgumentError("the shortest is 1 (second)");
  return ms;
}
