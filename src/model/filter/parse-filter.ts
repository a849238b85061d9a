import { safeText } from "../../base/text.ts";
import { BARE_WORD_KEY, FILTER_KEYS, type Test } from "./filter-keys.ts";
import { type Word, readWords } from "./filter-words.ts";
import { type Filter, MATCH_ALL } from "./filter.ts";

export type ParsedFilter =
  | { readonly ok: true; readonly filter: Filter }
  | { readonly ok: false; readonly error: string };

const MAX_LENGTH = 1000;

const MAX_TERMS = 64;

const MAX_SHOWN = 60;

/**
 * Compiles a filter; empty text matches everything. Never throws: an error is one line, safe to print, that names the
 * bad term and how to fix it. Rejects more than 1000 characters or 64 terms.
 */
export function parseFilter(text: string): ParsedFilter {
  if (text.length > MAX_LENGTH)
    return { ok: false, error: `filter too long: at most ${MAX_LENGTH} characters are allowed` };
  const words = readWords(text);
  if (words.length > MAX_TERMS) return { ok: false, error: `too many filter terms: at most ${MAX_TERMS} are allowed` };
  const tests: Test[] = [];
  for (const word of words) {
    const test = compileWord(word);
    if (typeof test === "string") return { ok: false, error: test };
    tests.push(test);
  }
  if (tests.length === 0) return { ok: true, filter: MATCH_ALL };
  const matches: Test = (subject) => tests.every((test) => test(subject));
  return { ok: true, filter: { isEmpty: false, matches } };
}

/** The test for a whole term, or the error. */
function compileWord(word: Word): Test | string {
  const bad = shown(word.raw);
  if (word.unclosed) return `${bad}: unclosed quote; add a closing "`;
  if (/^!+$/.test(word.raw))
    return `${bad}: nothing to negate; write ! directly before a term, for example !proc:nginx`;
  const name = (word.key ?? BARE_WORD_KEY).toLowerCase();
  const key = FILTER_KEYS.get(name);
  if (key === undefined) return `${bad}: no such key; keys are ${[...FILTER_KEYS.keys()].join(" ")}`;
  if (word.values.includes("")) return `${bad}: needs a value, for example ${key.example}`;
  if (key.onlyOneValue !== undefined && word.values.length > 1) return `${bad}: ${key.onlyOneValue}`;
  const tests: Test[] = [];
  for (const value of word.values) {
    const misplaced = value.startsWith("!") && key.takesBang !== true;
    const test = misplaced ? `! goes before the key, for example !${key.example}` : key.compile(value);
    if (typeof test === "string") return `${shown(`${name}:${value}`)}: ${test}`;
    tests.push(test);
  }
  const [only] = tests;
  const test: Test = tests.length === 1 && only !== undefined ? only : (subject) => tests.some((one) => one(subject));
  return word.negated ? (subject) => !test(subject) : test;
}

/** The user's text, shortened and safe to print; made safe again after the cut, which may split a character. */
function shown(text: string): string {
  const safe = safeText(text);
  return safe.length > MAX_SHOWN ? `${safeText(safe.slice(0, MAX_SHOWN))}...` : safe;
}
