import { parseDurationMs } from "../../base/duration.ts";
import { nearest } from "../../base/nearest.ts";
import { safeText } from "../../base/text.ts";
import { type Word, readWords } from "./filter-words.ts";
import { type Filter, type FilterSubject, MATCH_ALL } from "./filter.ts";
import { type Address, parseAddress, parseNetwork } from "../net/address.ts";
import { TCP, type TcpState } from "../net/tcp-state.ts";

export type ParsedFilter =
  | { readonly ok: true; readonly filter: Filter }
  | { readonly ok: false; readonly error: string };

type Test = (subject: FilterSubject) => boolean;

type PortTest = (port: number) => boolean;

type EndpointTest = (address: Address, port: number) => boolean;

interface Key {
  readonly example: string;
  /** The test for one value, or what is wrong with the value and how to mend it. */
  readonly compile: (value: string) => Test | string;
}

const MAX_LENGTH = 1000;

const MAX_TERMS = 64;

const MAX_SHOWN = 60;

/** So many names are remembered with their answer: of a hundred thousand sockets most have one of a few. */
const MAX_NAMES = 1000;

const MAX_PID = 4_194_304;

const KEYS: ReadonlyMap<string, Key> = new Map([
  ["proc", { example: "proc:nginx", compile: compileProc }],
  ["pid", { example: "pid:1", compile: compilePid }],
  ["port", { example: "port:443", compile: on(compilePort, (is, to) => is(to.localPort) || is(to.remotePort)) }],
  ["sport", { example: "sport:443", compile: on(compilePort, (is, to) => is(to.localPort)) }],
  ["dport", { example: "dport:443", compile: on(compilePort, (is, to) => is(to.remotePort)) }],
  ["src", { example: "src:10.0.0.0/8", compile: on(compileEnd, (is, to) => is(to.localAddress, to.localPort)) }],
  ["dst", { example: "dst:10.0.0.0/8", compile: on(compileEnd, (is, to) => is(to.remoteAddress, to.remotePort)) }],
  ["state", { example: "state:close_wait", compile: compileState }],
  ["age", { example: "age:>60s", compile: compileAge }],
]);

const STATES = new Map<string, TcpState>(Object.entries(TCP).map(([name, state]) => [name.toLowerCase(), state]));

/**
 * Compiles a filter; of empty text, one that matches everything. The error is one line, safe to print, that names the bad
 * word and the mend. Never throws. Text of more than 1000 characters or 64 terms is refused.
 */
export function parseFilter(text: string): ParsedFilter {
  if (text.length > MAX_LENGTH) return { ok: false, error: `a filter has at most ${MAX_LENGTH} characters` };
  const words = readWords(text);
  if (words.length > MAX_TERMS) return { ok: false, error: `a filter has at most ${MAX_TERMS} terms` };
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

/** The test of a whole term, or the error. */
function compileWord(word: Word): Test | string {
  const bad = shown(word.raw);
  if (word.unclosed) return `${bad}: the quote is open; close it with "`;
  if (/^!+$/.test(word.raw)) return `${bad}: nothing to negate; write ! right before a term, as !proc:nginx`;
  const name = (word.key ?? "proc").toLowerCase();
  const key = KEYS.get(name);
  if (key === undefined) return `${bad}: no such key; keys are ${[...KEYS.keys()].join(" ")}`;
  if (word.values.includes("")) return `${bad}: a value is missing; write it as in ${key.example}`;
  if (name === "age" && word.values.length > 1) return `${bad}: an age has no "or"; write age:>60s age:<5m`;
  const tests: Test[] = [];
  for (const value of word.values) {
    const misplaced = value.startsWith("!") && name !== "proc";
    const test = misplaced ? `! comes before the key; write it as in !${key.example}` : key.compile(value);
    if (typeof test === "string") return `${shown(`${name}:${value}`)}: ${test}`;
    tests.push(test);
  }
  const [only] = tests;
  const test: Test = tests.length === 1 && only !== undefined ? only : (subject) => tests.some((one) => one(subject));
  return word.negated ? (subject) => !test(subject) : test;
}

function compileProc(value: string): Test {
  const needle = safeText(value).toLowerCase();
  const answers = new Map<string, boolean>();
  const holds = (name: string): boolean => {
    let answer = answers.get(name);
    if (answer !== undefined) return answer;
    answer = name.toLowerCase().includes(needle);
    if (answers.size >= MAX_NAMES) answers.clear();
    answers.set(name, answer);
    return answer;
  };
  return (subject) => subject.names.some(holds);
}

function compilePid(value: string): Test | string {
  const pid = wholeNumber(value, MAX_PID);
  if (pid === null) return "not a pid; write a whole number from 1 on, as pid:1";
  return (subject) => subject.pids.includes(pid);
}

/** Compiles a value to a test of one end, and that to a test of the subject. */
function on<EndTest extends PortTest | EndpointTest>(
  compile: (value: string) => EndTest | string,
  holds: (test: EndTest, subject: FilterSubject) => boolean,
): Key["compile"] {
  return (value) => {
    const test = compile(value);
    return typeof test === "string" ? test : (subject) => holds(test, subject);
  };
}

/** `443` or `8000-8100`. No test holds for port 0. */
function compilePort(value: string): PortTest | string {
  const [low, high, ...more] = value.split("-").map((text) => wholeNumber(text, 65_535));
  if (low === undefined || low === null || high === null || more.length > 0) {
    return "not a port; ports are 1 to 65535, and a range is 8000-8100";
  }
  if (high === undefined) return (port) => port === low;
  if (high < low) return `the range runs backwards; write ${high}-${low}`;
  return (port) => port >= low && port <= high;
}

/** `10.0.0.1`, `10.0.0.0/8`, `::1`, `[::1]`, and with a port: `10.0.0.1:443`, `[::1]:443`, `[fe80::]/10:443`. */
function compileEnd(value: string): EndpointTest | string {
  const [, host = value, prefix = "", port] =
    /^\[([^[\]]*)\](\/[^:]*)?(?::(.*))?$/.exec(value) ?? /^([^:]*)():([^:]*)$/.exec(value) ?? [];
  const contains = parseNetwork(host + prefix);
  if (contains === null) {
    const [address = ""] = host.split("/", 1);
    if (parseAddress(address) === null) return "not an address; write it as 10.0.0.1, 10.0.0.0/8 or ::1";
    return "no such prefix; it is /0 to /32 of IPv4, /0 to /128 of IPv6";
  }
  if (port === undefined) return contains;
  const test = compilePort(port);
  return typeof test === "string" ? test : (address, actual) => test(actual) && contains(address);
}

function compileState(value: string): Test | string {
  const name = value.toLowerCase().replaceAll("-", "_");
  const state = STATES.get(name);
  if (state !== undefined) return (subject) => subject.states.includes(state);
  const names = [...STATES.keys()];
  const near = nearest(name, names).join(" or ");
  return near === "" ? `no such state; states are ${names.join(" ")}` : `no such state; did you mean ${near}?`;
}

function compileAge(value: string): Test | string {
  const [, sign = ">=", duration = ""] = /^([<>]=?)?(.*)$/.exec(value) ?? [];
  const limit = parseDurationMs(duration);
  if (limit === null) return "not an age; write it as >60s, <500ms, >=5m or <=2h";
  const isOver = sign.startsWith(">");
  const isInclusive = sign.endsWith("=");
  return ({ ageMs }) => ageMs !== null && (ageMs === limit ? isInclusive : ageMs > limit === isOver);
}

/** A number from 1 to `max`, or null. */
function wholeNumber(text: string, max: number): number | null {
  const number = Number(text);
  return /^\d+$/.test(text) && number >= 1 && number <= max ? number : null;
}

/** What the user wrote, safe to print and not long; safe once more, for a cut may leave half a character. */
function shown(text: string): string {
  const safe = safeText(text);
  return safe.length > MAX_SHOWN ? `${safeText(safe.slice(0, MAX_SHOWN))}...` : safe;
}
