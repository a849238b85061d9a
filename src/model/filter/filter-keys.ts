import { parseDurationMs } from "../../base/duration.ts";
import { nearest } from "../../base/nearest.ts";
import { safeText } from "../../base/text.ts";
import type { FilterSubject } from "./filter.ts";
import { type Address, parseAddress, parseNetwork } from "../net/address.ts";
import { TCP, type TcpState } from "../net/tcp-state.ts";

export type Test = (subject: FilterSubject) => boolean;

type PortTest = (port: number) => boolean;

type EndpointTest = (address: Address, port: number) => boolean;

/** What a term can ask of a subject. */
export interface FilterKey {
  /** A whole term, for error messages. */
  readonly example: string;
  /** The test for one value, or what is wrong with the value and how to fix it. */
  readonly compile: (value: string) => Test | string;
  /** A value may begin with `!`; elsewhere that is a misplaced negation. */
  readonly takesBang?: boolean;
  /** Why several values make no sense, and what to write; absent where they do. */
  readonly onlyOneValue?: string;
}

/** The key of a word without one. */
export const BARE_WORD_KEY = "proc";

/** Remembered names with their answers: of a hundred thousand sockets most have one of a few names. */
const MAX_NAMES = 1000;

const MAX_PID = 4_194_304;

/** All keys, in the order in which help and errors list them. */
export const FILTER_KEYS: ReadonlyMap<string, FilterKey> = new Map<string, FilterKey>([
  ["proc", { example: "proc:nginx", compile: compileProc, takesBang: true }],
  ["pid", { example: "pid:1", compile: compilePid }],
  ["port", { example: "port:443", compile: on(compilePort, (is, to) => is(to.localPort) || is(to.remotePort)) }],
  ["sport", { example: "sport:443", compile: on(compilePort, (is, to) => is(to.localPort)) }],
  ["dport", { example: "dport:443", compile: on(compilePort, (is, to) => is(to.remotePort)) }],
  ["src", { example: "src:10.0.0.0/8", compile: on(compileEnd, (is, to) => is(to.localAddress, to.localPort)) }],
  ["dst", { example: "dst:10.0.0.0/8", compile: on(compileEnd, (is, to) => is(to.remoteAddress, to.remotePort)) }],
  ["state", { example: "state:close_wait", compile: compileState }],
  ["age", { example: "age:>60s", compile: compileAge, onlyOneValue: 'an age has no "or"; write age:>60s age:<5m' }],
]);

const STATES = new Map<string, TcpState>(Object.entries(TCP).map(([name, state]) => [name.toLowerCase(), state]));

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
): FilterKey["compile"] {
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
