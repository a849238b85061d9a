import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressFromHex, parseAddress } from "#src/model/net/address.ts";
import { type Filter, type FilterSubject } from "#src/model/filter/filter.ts";
import { parseFilter } from "#src/model/filter/parse-filter.ts";
import { TCP, type TcpState } from "#src/model/net/tcp-state.ts";

const NGINX: FilterSubject = {
  pids: [812, 813],
  names: ["nginx", "nginx: worker process -c /etc/my app.conf"],
  localAddress: address("10.1.2.3"),
  localPort: 443,
  remoteAddress: address("192.168.7.9"),
  remotePort: 51_000,
  states: [TCP.CLOSE_WAIT],
  ageMs: 60_000,
};

const IPV6: FilterSubject = { ...NGINX, localAddress: address("::1"), remoteAddress: address("2001:db8::7") };
const LISTENER: FilterSubject = { ...NGINX, remoteAddress: 0, remotePort: 0, states: [TCP.LISTEN], ageMs: null };
const NOBODY: FilterSubject = { ...NGINX, pids: [], names: [], states: [] };

function address(text: string): number | string {
  const parsed = parseAddress(text);
  if (parsed === null) throw new Error(`no address: ${text}`);
  return parsed;
}

function filterOf(text: string): Filter {
  const parsed = parseFilter(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.filter;
}

function errorOf(text: string): string | null {
  const parsed = parseFilter(text);
  return parsed.ok ? null : parsed.error;
}

const matches = (text: string, subject: FilterSubject): boolean => filterOf(text).matches(subject);

describe("an empty filter", () => {
  test.each(["", " ", "\t\n "])("%j matches everything", (text) => {
    expect(filterOf(text).isEmpty).toBe(true);
    for (const subject of [NGINX, IPV6, LISTENER, NOBODY]) expect(matches(text, subject)).toBe(true);
  });

  test("is not the same as a filter with a term", () => {
    expect(filterOf("pid:1").isEmpty).toBe(false);
  });
});

describe("a name or pid", () => {
  test.each([
    ["proc:nginx", true],
    ["proc:NGI", true],
    ["PROC:nginx", true],
    ["proc:worker", true],
    ["proc:redis", false],
    ["proc:redis,worker", true],
    ["nginx", true],
    ["redis", false],
    ["redis,Nginx", true],
    ["pid:812", true],
    ["pid:813", true],
    ["pid:81", false],
    ["pid:1,813", true],
    ["pid:1,2", false],
  ])("%s", (text, wanted) => {
    expect(matches(text, NGINX)).toBe(wanted);
    expect(matches(text, NOBODY)).toBe(false);
  });

  test("matches names as they are shown, made safe", () => {
    const subject = { ...NGINX, names: ["a\\x09b"] };
    expect(matches('proc:"a\tb"', subject)).toBe(true);
    expect(matches("proc:a\\x09b", subject)).toBe(true);
  });
});

describe("quotes", () => {
  test.each([
    ['proc:"my app"', true],
    ['"my app"', true],
    ['proc:my" "app', true],
    ['"nginx: worker"', true],
    ['proc:"worker process",redis', true],
    ['proc:"app,nginx"', false],
    ['proc:"my  app"', false],
    ['port:"443"', true],
    ['proc:nginx:" worker"', true],
    ['"port:443"', false],
    ['"!nginx"', false],
    ['!"my app"', false],
    ['!"your app"', true],
    ["proc:!nginx", false],
  ])("%s", (text, wanted) => {
    expect(matches(text, NGINX)).toBe(wanted);
  });
});

describe("a port", () => {
  test.each([
    ["port:443", true],
    ["port:51000", true],
    ["port:80", false],
    ["port:80,443", true],
    ["port:400-450", true],
    ["port:443-443", true],
    ["port:444-50999", false],
    ["port:1-65535", true],
    ["port:80,50000-52000", true],
    ["sport:443", true],
    ["sport:51000", false],
    ["sport:1-443", true],
    ["dport:51000", true],
    ["dport:443", false],
    ["dport:443,51000", true],
  ])("%s", (text, wanted) => {
    expect(matches(text, NGINX)).toBe(wanted);
  });

  test("matches nothing if it is unknown", () => {
    expect(matches("dport:1-65535", LISTENER)).toBe(false);
    expect(matches("!dport:1-65535", LISTENER)).toBe(true);
    expect(matches("port:1-65535", { ...LISTENER, localPort: 0 })).toBe(false);
    expect(matches("dst:0.0.0.0:1-65535", LISTENER)).toBe(false);
  });
});

describe("an address", () => {
  test.each([
    ["src:10.1.2.3", true],
    ["src:10.1.2.4", false],
    ["src:192.168.7.9", false],
    ["dst:192.168.7.9", true],
    ["dst:10.1.2.3", false],
    ["dst:10.0.0.0/8,192.168.0.0/16", true],
    ["src:10.0.0.0/8", true],
    ["src:10.9.9.9/8", true],
    ["src:11.0.0.0/8", false],
    ["src:0.0.0.0/0", true],
    ["src:10.1.2.3/32", true],
    ["src:10.1.2.2/32", false],
    ["src:10.1.2.2/31", true],
    ["src:::/0", false],
    ["src:::ffff:10.1.2.3", true],
    ["src:[::ffff:10.1.2.3]:443", true],
    ["src:::ffff:10.0.0.0/104", true],
    ["src:10.1.2.3:443", true],
    ["src:10.1.2.3:80", false],
    ["src:10.1.2.3:400-500", true],
    ["src:10.0.0.0/8:443", true],
    ["dst:192.168.7.9:443", false],
    ["dst:192.168.7.9:51000", true],
  ])("%s", (text, wanted) => {
    expect(matches(text, NGINX)).toBe(wanted);
  });

  test.each([
    ["src:::1", true],
    ["src:[::1]", true],
    ["src:[::1]:443", true],
    ["src:[::1]:444", false],
    ["src:::1/128", true],
    ["src:::/128", false],
    ["src:::/127", true],
    ["src:::/0", true],
    ["src:0.0.0.0/0", false],
    ["dst:2001:DB8::7", true],
    ["dst:2001:db8::/32", true],
    ["dst:[2001:db8::]/32", true],
    ["dst:[2001:db8::/32]:51000", true],
    ["dst:[2001:db8::]/32:51000", true],
    ["dst:[2001:db8::]/32:1", false],
    ["dst:2001:db9::/32", false],
    ["dst:10.0.0.1,2001:db8::7", true],
  ])("%s of IPv6", (text, wanted) => {
    expect(matches(text, IPV6)).toBe(wanted);
  });
});

describe("a state", () => {
  test.each([
    ["state:close_wait", true],
    ["state:CLOSE-WAIT", true],
    ["state:Close_Wait,last_ack", true],
    ["state:last_ack,close_wait", true],
    ["state:close", false],
    ["state:last_ack", false],
  ])("%s", (text, wanted) => {
    expect(matches(text, NGINX)).toBe(wanted);
    expect(matches(text, NOBODY)).toBe(false);
  });

  test("matches either state of a transition", () => {
    const subject = { ...NGINX, states: [TCP.ESTABLISHED, TCP.CLOSE_WAIT] };
    expect(matches("state:established", subject)).toBe(true);
    expect(matches("state:established state:close_wait", subject)).toBe(true);
    expect(matches("!state:established", subject)).toBe(false);
  });

  test.each(Object.entries(TCP))("%s has its name", (name, state) => {
    expect(matches(`state:${name}`, { ...NGINX, states: [state] })).toBe(true);
    expect(matches(`state:${name}`, { ...NGINX, states: [] })).toBe(false);
  });
});

describe("an age", () => {
  test.each([
    ["age:60s", [false, true, true]],
    ["age:>=1m", [false, true, true]],
    ["age:>60s", [false, false, true]],
    ["age:<60s", [true, false, false]],
    ["age:<=60000ms", [true, true, false]],
    ["age:>0.5h", [false, false, false]],
    ["age:<1.5m", [true, true, true]],
    ["age:>0s age:<60s", [true, false, false]],
  ])("%s of a bit less, exactly and a bit more than a minute", (text, wanted) => {
    expect([59_999, 60_000, 60_001].map((ageMs) => matches(text, { ...NGINX, ageMs }))).toEqual(wanted);
  });

  test.each([">", ">=", "<", "<=", ""])("that is unknown does not match %s", (sign) => {
    expect(matches(`age:${sign}1s`, LISTENER)).toBe(false);
    expect(matches(`!age:${sign}1s`, LISTENER)).toBe(true);
  });
});

test("all terms must match", () => {
  expect(matches("proc:nginx  port:443\tstate:close_wait age:>=60s !pid:1", NGINX)).toBe(true);
  expect(matches("proc:nginx port:443 state:close_wait age:>60s", NGINX)).toBe(false);
});

test("! negates a term with all its values", () => {
  expect(matches("!proc:nginx", NGINX)).toBe(false);
  expect(matches("!proc:redis,nginx", NGINX)).toBe(false);
  expect(matches("!proc:redis,postgres", NGINX)).toBe(true);
  expect(matches("!redis", NGINX)).toBe(true);
  expect(matches("!!nginx", NGINX)).toBe(true);
  expect(matches("!proc:nginx", NOBODY)).toBe(true);
});

describe("an error", () => {
  const KEYS = "no such key; keys are proc pid port sport dport src dst state age";
  const PORTS = "not a port; must be 1 to 65535, or a range such as 8000-8100";
  const ADDRESS = "not an address; use a form such as 10.0.0.1, 10.0.0.0/8 or ::1";
  const PREFIX = "invalid prefix length; must be /0 to /32 for IPv4, /0 to /128 for IPv6";
  const AGE = "not an age; use a form such as >60s, <500ms, >=5m or <=2h";
  const STATES = `no such state; states are ${Object.keys(TCP).join(" ").toLowerCase()}`;

  test.each([
    ["colour:red", `colour:red: ${KEYS}`],
    ["proc:nginx !colour:red", `!colour:red: ${KEYS}`],
    ["constructor:x", `constructor:x: ${KEYS}`],
    [":443", `:443: ${KEYS}`],
    ["nginx,port:443", `nginx,port:443: ${KEYS}`],
    ["127.0.0.1:80", `127.0.0.1:80: ${KEYS}`],
    ["port:", "port:: needs a value, for example port:443"],
    ["state:close_wait,", "state:close_wait,: needs a value, for example state:close_wait"],
    ["dst:,::1", "dst:,::1: needs a value, for example dst:10.0.0.0/8"],
    ['proc:""', 'proc:"": needs a value, for example proc:nginx'],
    [",", ",: needs a value, for example proc:nginx"],
    ["age:> 60s", `age:>: ${AGE}`],
    ["!", "!: nothing to negate; write ! directly before a term, for example !proc:nginx"],
    ["! proc:nginx", "!: nothing to negate; write ! directly before a term, for example !proc:nginx"],
    ["state:!close_wait", "state:!close_wait: ! goes before the key, for example !state:close_wait"],
    ['proc:"my app', 'proc:"my app: unclosed quote; add a closing "'],
    ["pid:nginx", "pid:nginx: not a pid; must be an integer of at least 1, for example pid:1"],
    ["pid:0", "pid:0: not a pid; must be an integer of at least 1, for example pid:1"],
    ["pid:-1", "pid:-1: not a pid; must be an integer of at least 1, for example pid:1"],
    ["pid:1e3", "pid:1e3: not a pid; must be an integer of at least 1, for example pid:1"],
    ["pid:4194305", "pid:4194305: not a pid; must be an integer of at least 1, for example pid:1"],
    ["port:https", `port:https: ${PORTS}`],
    ["port:0", `port:0: ${PORTS}`],
    ["!sport:65536", `sport:65536: ${PORTS}`],
    ["dport:80-", `dport:80-: ${PORTS}`],
    ["dport:-80", `dport:-80: ${PORTS}`],
    ["dport:1-2-3", `dport:1-2-3: ${PORTS}`],
    ["port:80,8100-8000", "port:8100-8000: the range is reversed; write 8000-8100"],
    ["dst:example.com", `dst:example.com: ${ADDRESS}`],
    ["dst:example.com:443", `dst:example.com:443: ${ADDRESS}`],
    ["dst:10.0.0", `dst:10.0.0: ${ADDRESS}`],
    ["dst:[::1", `dst:[::1: ${ADDRESS}`],
    ["dst:[::1]443", `dst:[::1]443: ${ADDRESS}`],
    ["src:/8", `src:/8: ${ADDRESS}`],
    ["src::443", `src::443: ${ADDRESS}`],
    ["dst:10.0.0.0/33", `dst:10.0.0.0/33: ${PREFIX}`],
    ["dst:10.0.0.0/", `dst:10.0.0.0/: ${PREFIX}`],
    ["dst:10.0.0.0/255.0.0.0", `dst:10.0.0.0/255.0.0.0: ${PREFIX}`],
    ["dst:::/129", `dst:::/129: ${PREFIX}`],
    ["dst:[::]/129:443", `dst:[::]/129:443: ${PREFIX}`],
    ["dst:10.0.0.1:0", `dst:10.0.0.1:0: ${PORTS}`],
    ["dst:[::1]:", `dst:[::1]:: ${PORTS}`],
    ["state:closewait", "state:closewait: no such state; did you mean close_wait?"],
    ["state:last_ack,Time-Wiat", "state:Time-Wiat: no such state; did you mean time_wait?"],
    ["state:established1", "state:established1: no such state; did you mean established?"],
    ["state:estab", "state:estab: no such state; did you mean established?"],
    ["state:closed", "state:closed: no such state; did you mean close?"],
    ["state:fin-wait-1", "state:fin-wait-1: no such state; did you mean fin_wait1?"],
    ["state:fin-wait", "state:fin-wait: no such state; did you mean fin_wait1 or fin_wait2?"],
    ["state:open", `state:open: ${STATES}`],
    ["state:x", `state:x: ${STATES}`],
    ["age:60", `age:60: ${AGE}`],
    ["age:=60s", `age:=60s: ${AGE}`],
    ["age:>-1s", `age:>-1s: ${AGE}`],
    ["age:>2d", `age:>2d: ${AGE}`],
    ["age:>60s,<5m", "age:>60s,<5m: only one age is allowed; for a range, write age:>60s age:<5m"],
  ])("of %s", (text, error) => {
    expect(errorOf(text)).toBe(error);
  });

  test("names the first bad term", () => {
    expect(errorOf("nginx port:x state:y")).toBe(`port:x: ${PORTS}`);
  });

  test("shows hostile text safely and shortened", () => {
    expect(errorOf("\u001B[2J\u202E:x")).toBe(`\\x1b[2J\\u{202e}:x: ${KEYS}`);
    expect(errorOf(`state:${"x".repeat(900)}`)).toBe(`state:${"x".repeat(54)}...: ${STATES}`);
    expect(errorOf(`${"x".repeat(59)}🚀:x`)).toBe(`${"x".repeat(59)}\\u{d83d}...: ${KEYS}`);
  });
});

describe("the limits", () => {
  test("are 1000 characters", () => {
    expect(errorOf("x".repeat(1000))).toBeNull();
    expect(errorOf("x".repeat(1001))).toBe("filter too long: at most 1000 characters are allowed");
  });

  test("are 64 terms", () => {
    expect(errorOf("x ".repeat(64))).toBeNull();
    expect(errorOf("x ".repeat(65))).toBe("too many filter terms: at most 64 are allowed");
  });
});

describe("any filter", () => {
  const PART = [
    "proc",
    "pid",
    "port",
    "src",
    "dst",
    "state",
    "age",
    ":",
    ":",
    ",",
    "!",
    '"',
    " ",
    "-",
    "/",
    "[",
    "]",
    ".",
  ];
  const VALUE = [
    "1",
    "443",
    "60s",
    ">",
    "<",
    "close_wait",
    "::1",
    "10.0.0.1",
    "/8",
    "\u001B",
    "\u202E",
    "🚀",
    "\uD800",
  ];
  const ip = fc.oneof(
    fc.nat(0xffff_ffff),
    fc.stringMatching(/^[0-9a-f]{32}$/).map((hex) => addressFromHex(hex)),
  );
  const near = fc.constantFrom(...[NGINX, IPV6].flatMap((subject) => [subject.localAddress, subject.remoteAddress]));
  const anyAddress = fc.oneof(near, ip);
  const anyPort = fc.oneof(fc.constantFrom(0, 80, 443, 51_000), fc.nat(65_535));
  const subjects: fc.Arbitrary<FilterSubject> = fc.record({
    pids: fc.array(fc.constantFrom(1, 812, 813, 4000), { maxLength: 3 }),
    names: fc.array(fc.constantFrom("nginx", "redis", "my app", "NGINX: worker"), { maxLength: 3 }),
    localAddress: anyAddress,
    localPort: anyPort,
    remoteAddress: anyAddress,
    remotePort: anyPort,
    states: fc.array(fc.constantFrom<TcpState>(...Object.values(TCP)), { maxLength: 2 }),
    ageMs: fc.option(fc.nat(120_000)),
  });
  const terms = fc.oneof(
    fc.constantFrom("nginx", 'proc:"my app"', "proc:redis,worker", "pid:1,812"),
    fc.constantFrom("port:443", "port:1-1000", "sport:80", "dport:51000"),
    fc.constantFrom("src:10.0.0.0/8", "src:[::1]:443", "dst:192.168.7.9", "dst:0.0.0.0/0,fe80::/10", "dst:::/1"),
    fc.constantFrom("state:close_wait", "state:listen,established"),
    fc.constantFrom("age:>60s", "age:<500ms", "age:>=1m", "age:<=1m", "age:10s"),
  );

  test("of any text is parsed or rejected with one short, safe line", () => {
    const soup = fc.array(fc.constantFrom(...PART, ...VALUE), { maxLength: 40 }).map((parts) => parts.join(""));
    const text = fc.oneof(soup, fc.string({ unit: "binary", maxLength: 1100 }), fc.string());
    fc.assert(
      fc.property(text, subjects, (any, subject) => {
        const parsed = parseFilter(any);
        if (parsed.ok) expect(typeof parsed.filter.matches(subject)).toBe("boolean");
        else {
          expect(parsed.error).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
          expect(parsed.error.length).toBeLessThan(300);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("is negated by !", () => {
    fc.assert(
      fc.property(terms, subjects, (term, subject) => {
        expect(matches(`!${term}`, subject)).toBe(!matches(term, subject));
      }),
      { numRuns: 1000 },
    );
  });

  test("is the conjunction of its terms", () => {
    const term = fc.tuple(fc.constantFrom("", "!"), terms).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(term, { maxLength: 5 }), subjects, (parts, subject) => {
        expect(matches(parts.join(" "), subject)).toBe(parts.every((part) => matches(part, subject)));
      }),
      { numRuns: 1000 },
    );
  });
});
