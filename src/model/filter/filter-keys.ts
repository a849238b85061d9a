import { parseDurationMs } from "../../base/duration.ts";
import { nearest } from "../../base/nearest.ts";
import { safeText } from "../../base/text.ts";
import type { FilterSubject } from "./filter.ts";
import { type Address, parseAddress, parseNetwork } from "../net/address.ts";
import { TCP, type TcpState } from "../net/tcp-state.ts";

export type Test = (subject: FilterSubject) => boolean;

type PortTest = (port: number) => boolean;

type EndpointTest = (address: Address, port: number) => boolean;

/** A key of the filter language, such as `port:`. */
export interface FilterKey {
  /** An example term, for error messages. */
  readonly example: string;
  /** Returns the test for one value, or an error that says how to fix the value. */
  readonly compile: (value: string) => Test | string;
  /** Values may begin with `!`; for other keys that is a misplaced negation. */
  readonly takesBang?: boolean;
  /** The error for more than one value; absent if several are allowed. */
  readonly onlyOneValue?: string;
}

/** The key of a term without one. */
export const BARE_WORD_KEY = "proc";

/** Size of the cache of results by name: a hundred thousand sockets share few names. */
const MAX_NAMES = 1000;

const MAX_PID = 4_194_304;

/** All keys, in the order of help and error messages. */
export const FILTER_KEYS: ReadonlyMap<string, FilterKey> = new Map<string, FilterKey>([
  ["proc", { example: "proc:nginx", compile: compileProc, takesBang: true }],
  ["pid", { example: "pid:1", compile: compilePid }],
  ["port", { example: "port:443", compile: on(compilePort, (is, to) => is(to.localPort) || is(to.remotePort)) }],
  ["sport", { example: "sport:443", compile: on(compilePort, (is, to) => is(to.localPort)) }],
  ["dport", { example: "dport:443", compile: on(compilePort, (is, to) => is(to.remotePort)) }],
  ["src", { example: "src:10.0.0.0/8", compile: on(compileEndpoint, (is, to) => is(to.localAddress, to.localPort)) }],
  ["dst", { example: "dst:10.0.0.0/8", compile: on(compileEndpoint, (is, to) => is(to.remoteAddress, to.remotePort)) }],
  ["state", { example: "state:close_wait", compile: compileState }],
  [
    "age",
    {
      example: "age:>60s",
      compile: compileAge,
      onlyOneValue: "only one age is allowed; for a range, write age:>60s age:<5m",
    },
  ],
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
  if (pid === null) return "not a pid; must be an integer of at least 1, for example pid:1";
  return (subject) => subject.pids.includes(pid);
}

/** Adapts a test of one port or endpoint to a test of the whole subject. */
function on<Part extends PortTest | EndpointTest>(
  compile: (value: string) => Part | string,
  holds: (test: Part, subject: FilterSubject) => boolean,
): FilterKey["compile"] {
  return (value) => {
    const test = compile(value);
    return typeof test === "string" ? test : (subject) => holds(test, subject);
  };
}

/** `443` or `8000-8100`. Port 0 (unknown) never matches. */
function compilePort(value: string): PortTest | string {
  const [low, high, ...more] = value.split("-").map((text) => wholeNumber(text, 65_535));
  if (low === undefined || low === null || high === null || more.length > 0) {
    return "not a port; must be 1 to 65535, or a range such as 8000-8100";
  }
  if (high === undefined) return (port) => port === low;
  if (high < low) return `the range is reversed; write ${high}-${low}`;
  return (port) => port >= low && port <= high;
}

/** `10.0.0.1`, `10.0.0.0/8`, `::1`, `[::1]`, and with a port: `10.0.0.1:443`, `[::1]:443`, `[fe80::]/10:443`. */
function compileEndpoint(value: string): EndpointTest | string {
  const [, host = value, prefix = "", port] =
    /^\[([^[\]]*)\](\/[^:]*)?(?::(.*))?$/.exec(value) ?? /^([^:]*)():([^:]*)$/.exec(value) ?? [];
  const contains = parseNetwork(host + prefix);
  if (contains === null) {
    const [address = ""] = host.split("/", 1);
    if (parseAddress(address) === null) return "not an address; use a form such as 10.0.0.1, 10.0.0.0/8 or ::1";
    return "invalid prefix length; must be /0 to /32 for IPv4, /0 to /128 for IPv6";
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
  if (limit === null) return "not an age; use a form such as >60s, <500ms, >=5m or <=2h";
  const isOver = sign.startsWith(">");
  const isInclusive = sign.endsWith("=");
  return ({ ageMs }) => ageMs !== null && (ageMs === limit ? isInclusive : ageMs > limit === isOver);
}

/** A number from 1 to `max`, or null. */
function wholeNumber(text: string, max: number): number | null {
  const number = Number(text);
  return /^\d+$/.test(text) && number >= 1 && number <= max ? number : null;
}
