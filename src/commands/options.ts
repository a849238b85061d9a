import { InvalidArgumentError } from "commander";
import { parseDurationMs } from "../model/duration.ts";
import { type Filter, parseFilter } from "../model/filter.ts";
import type { SourceWish } from "../source/auto.ts";

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
