import { mkdtempSync, readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { Model } from "#src/model/fold/model.ts";
import { buildSnapshot } from "#src/model/reports/build-snapshot.ts";
import { Recording } from "#src/recording/read/reader.ts";
import { KEYMAP } from "#src/view/keys/top-keys.ts";
import { finding } from "#test/support/samples/findings.ts";
import { ROOT } from "#test/support/project.ts";
import { PtyScreen } from "#test/terminal/pty-screen.ts";

const PROGRAM = join(ROOT, "build-dev/test/terminal/model.program.js");
const FINDING = finding();
/** As a terminal sends them; any other key is its own character. */
const SENT: Readonly<Record<string, string>> = {
  enter: "\r",
  escape: "\u001B",
  backspace: "\u007F",
  tab: "\t",
  "S-tab": "\u001B[Z",
  up: "\u001B[A",
  down: "\u001B[B",
  pageup: "\u001B[5~",
  pagedown: "\u001B[6~",
  home: "\u001B[H",
  end: "\u001B[F",
  space: " ",
  f1: "\u001BOP",
  f10: "\u001B[21~",
  "C-b": "\u0002",
  "C-c": "\u0003",
  "C-f": "\u0006",
  "C-l": "\u000C",
  "C-z": "\u001A",
};

const API = /^> +812 .*api/m;
const WEB = /^> +900 .*web/m;
const TABLE = "GROUP";

interface Run {
  readonly screen: PtyScreen;
  /** Where the program writes files. */
  readonly directory: string;
  /** Presses a key by its name in the keymap. */
  readonly press: (key: string) => void;
  readonly until: PtyScreen["until"];
}

let open: PtyScreen | null = null;

afterEach(() => {
  open?.kill();
  open = null;
});

async function start(): Promise<Run> {
  const directory = mkdtempSync(join(tmpdir(), "tcptrace-keys-"));
  const screen = new PtyScreen(process.execPath, [PROGRAM, JSON.stringify([FINDING])], {
    columns: 120,
    directory,
  });
  open = screen;
  await screen.until(API);
  const press = (key: string): void => screen.write(SENT[key] ?? key);
  return { screen, directory, press, until: async (...what) => screen.until(...what) };
}

function rowsOf(screen: PtyScreen): string {
  return screen.lines().slice(8, 20).join("\n");
}

/** The rows, once they have not changed for longer than the time between two frames. */
async function still(screen: PtyScreen): Promise<string> {
  let last = "";
  let since = 0;
  await screen.until(() => {
    const rows = rowsOf(screen);
    if (rows !== last) since = Date.now();
    last = rows;
    return Date.now() - since > 600;
  });
  return last;
}

/** The file with this suffix that the program has written. */
function written(directory: string, ending: string): string {
  const name = readdirSync(directory).find((file) => file.endsWith(ending));
  if (name === undefined) throw new Error(`no ${ending} in ${readdirSync(directory).join(" ")}`);
  const path = join(directory, name);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  return path;
}

/** Checks what each binding does, by its label. The key is pressed before `after` runs, and after `before`. */
interface Check {
  readonly before?: Step;
  readonly after: Step;
}

type Step = (run: Run, key: string) => Promise<void>;

const sees =
  (what: string | RegExp): Step =>
  async ({ until }) =>
    until(what);

const typed =
  (keys: readonly string[], shows: string | RegExp): Step =>
  async ({ press, until }) => {
    for (const key of keys) press(key);
    await until(shows);
  };

const CHECKS: Readonly<Record<string, Check>> = {
  "q F10 ^C": { after: async ({ until, screen }) => until(() => screen.text().includes("ended well")) },
  "? h F1": { after: sees("No key kills") },
  Enter: { after: sees(/processes > api \(pid 812\)[^]*^>CLOSE_WAIT/m) },
  Esc: { before: typed(["enter"], "processes > api"), after: sees(API) },
  "1": { before: typed(["2"], "10.0.0.1:30000"), after: sees(API) },
  "2": { after: sees(/^ +AGE▼ +PID COMMAND[^]*^> +10m\d\ds +812 api .* 10\.0\.0\.2:443/m) },
  "3": { after: sees("ENTERED/s") },
  "4": { after: sees(/CHANGE[^]*ESTABLISHED→FIN_WAIT1 +0\.\d+ +close/) },
  "5": { after: sees(/^>critical close-wait-leak/m) },
  Tab: { after: sees(/^ +AGE▼ +PID COMMAND/m) },
  "Shift-Tab": { after: sees(/^>critical close-wait-leak/m) },
  "up k": { before: typed(["down"], WEB), after: sees(API) },
  "down j": { after: sees(WEB) },
  "PgUp ^B": { before: typed(["end"], WEB), after: sees(API) },
  "PgDn ^F": { after: sees(WEB) },
  "g Home": { before: typed(["end"], WEB), after: sees(API) },
  "G End": { after: sees(WEB) },
  "s >": { after: sees("sort: PID") },
  "<": { after: sees("sort: CMDLINE") },
  r: { after: sees(/reversed[^]*900 .*web[^]*812 .*api/) },
  "/": {
    after: async ({ press, until, screen }) => {
      for (const key of "dport:x") press(key);
      await until("not a port");
      expect(screen.text()).toContain("/dport:x_");
      press("backspace");
      for (const key of "5432") press(key);
      await until(/filter: dport:5432[^]*900 .*web/);
      expect(screen.text()).not.toContain(" 812 ");
      press("enter");
      await until("Esc back");
      press("escape");
      await until(API);
    },
  },
  "p space": {
    after: async ({ until, press }, key) => {
      await until(/PAUSED [1-9.]+s \(\+[\d,]+\)/);
      press(key);
      await until(() => !(open?.text().includes("PAUSED") ?? true));
    },
  },
  t: {
    after: async ({ until, press }) => {
      await until(/GROUP[^]*api +1 /);
      for (const shows of ["api.service", "(no container)", "10.0.0.2:5432", "0.0.0.0:80"]) {
        press("t");
        await until(shows);
      }
      press("enter");
      await until(/listener 0\.0\.0\.0:80[^]*^>LISTEN/m);
      press("escape");
      await until(TABLE);
      press("t");
      await until("PID USER");
    },
  },
  a: {
    after: async ({ until, screen, press }) => {
      await until(() => screen.text().includes("suspicious only") && !screen.text().includes(" 900 "));
      press("a");
      await until(" 900 ");
    },
  },
  f: {
    after: async ({ until, screen, press }) => {
      await until("following (f)");
      press("r");
      await until(/reversed[^]*900 .*web[^]*^> +812 .*api/m);
      press("4");
      await until("following the newest (f)");
      press("k");
      await until(() => !screen.text().includes("following"));
      const held = await still(screen);
      press("s");
      press("!");
      await until("> messages");
      press("escape");
      await until(() => rowsOf(screen) === held);
      press("f");
      await until("following the newest (f)");
    },
  },
  z: {
    after: async ({ until, press, screen }) => {
      await until(/\d+ since \d\d:\d\d:\d\d \(z\)/);
      press("z");
      await until(() => !screen.text().includes("since"));
    },
  },
  w: {
    after: async ({ until, directory }) => {
      await until(/written: tcptrace-\S+\.txt and tcptrace-\S+\.json/);
      expect(readFileSync(written(directory, ".txt"), "utf8")).toMatch(/812 .*api/);
      const json: unknown = JSON.parse(readFileSync(written(directory, ".json"), "utf8"));
      expect(json).toMatchObject({ host: "box", view: { kind: "processes" }, findings: [{ id: FINDING.id }] });
    },
  },
  e: {
    after: async ({ until, press, screen, directory }) => {
      await until(/REC tcptrace-\S+\.tct\.gz [\d.]+ k?B/);
      press("e");
      await until("recorded to");
      await until(() => !screen.text().includes("REC "));
      const recording = await Recording.open(written(directory, ".tct.gz"), new AbortController().signal);
      const model = new Model();
      for await (const batch of recording.events(new AbortController().signal)) {
        for (const event of batch) model.fold(event);
      }
      expect(recording.faults.describe()).toEqual([]);
      expect(buildSnapshot(model.tables, 60_000)).toMatchObject({ stuck: 40, processes: [{ pid: 812 }, { pid: 900 }] });
    },
  },
  y: {
    after: async ({ until, screen }) => {
      await until("copied: api (pid 812) holds 40 sockets");
      const [encoded = ""] = screen.output.split("\u001B]52;c;").at(1)?.split("\u0007") ?? [];
      expect(Buffer.from(encoded, "base64").toString()).toMatch(/^api \(pid 812\) holds 40 sockets in CLOSE_WAIT to/);
    },
  },
  "!": { after: sees(/> messages[^]*bpf: made up/) },
  "+": { after: sees("every 500ms") },
  "-": { before: typed(["+", "+"], "every 1s"), after: sees("every 500ms") },
  T: {
    after: async ({ until, press, screen }) => {
      await until("theme high-contrast");
      await until(() => screen.hasColor);
      press("T");
      await until("theme color-blind");
      press("T");
      await until("theme mono");
      await until(() => !screen.hasColor);
      press("T");
      await until("theme default");
    },
  },
  m: {
    after: async ({ until, press, screen }) => {
      await until("mouse on");
      expect(screen.output).toContain("\u001B[?1000h\u001B[?1006h");
      const line = screen.lines().findIndex((text) => API.test(text));
      screen.write("\u001B[<65;5;5M");
      await until(WEB);
      screen.write(`\u001B[<0;20;${line + 1}M`);
      await until(API);
      press("m");
      await until("mouse off");
      expect(screen.output).toContain("\u001B[?1006l\u001B[?1000l");
    },
  },
  W: {
    before: typed(["+", "T", "3", "1", "s"], "sort: PID"),
    after: async ({ until, directory }) => {
      await until("settings written");
      const settings: unknown = JSON.parse(readFileSync(written(directory, ".json"), "utf8"));
      const sort = { processes: "pid" };
      expect(settings).toMatchObject({
        theme: "high-contrast",
        interval: "500ms",
        view: "processes",
        sort,
        mouse: false,
      });
    },
  },
  "^L": {
    after: async ({ until, screen }) => {
      const drawn = screen.output.length;
      await until(() => screen.output.slice(drawn).includes("tcptrace top"));
    },
  },
  "^Z": { after: async ({ until, screen }) => until(() => screen.output.includes("\u001B[?1049l")) },
};

test("every key in the help is checked here", () => {
  expect(Object.keys(CHECKS).toSorted()).toEqual(KEYMAP.map(({ label }) => label).toSorted());
});

const cases = KEYMAP.flatMap(({ keys, label, help }) => keys.map((key) => [label, key, help] as const));

test.each(cases)("%s (%s): %s", async (label, key) => {
  const check = CHECKS[label];
  const run = await start();
  await check?.before?.(run, key);
  run.press(key);
  await check?.after(run, key);
});

test("a leaking process is named without any key, and two keys open its socket's timeline", async () => {
  const { screen, press, until } = await start();
  expect(screen.text()).toContain("api (pid 812) leaks sockets toward 10.0.0.2:443");
  press("enter");
  await until("processes > api");
  press("enter");
  await until(/SYN_SENT +100us +connect\(\) +api \(812\), syscall[^]*CLOSE_WAIT +10m\d\ds +FIN received/);
});

test("a finding opens: evidence, what helps and what does not, its references, and its sockets", async () => {
  const { press, until } = await start();
  press("5");
  await until(/^>critical/m);
  press("enter");
  await until(/Evidence[^]*oldestMs: 15m12s[^]*What helps[^]*1\. close the[^]*What does not[^]*RFC 9293/);
  press("enter");
  await until(/findings > close-wait-leak > api \(pid 812\)[^]*^>CLOSE_WAIT/m);
});

test("while the display is paused every view shows that moment, with any filter", async () => {
  const { screen, press, until } = await start();
  press("p");
  await until("PAUSED");
  press("4");
  await until(/^>\d\d:\d\d:/m);
  const live = await still(screen);
  press("1");
  await until(API);
  for (const key of ["/", ...Array.from("dport:5432"), "enter"]) press(key);
  await until(() => screen.text().includes(" 900 ") && !screen.text().includes(" 812 "));
  press("escape");
  await until(API);
  press("4");
  await until(() => rowsOf(screen) === live);
});
