import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { run } from "#src/commands/program.ts";
import { keptSession } from "#test/support/machine/session.ts";
import { CLI, ROOT } from "#test/support/project.ts";
import { runTcptrace } from "#test/support/machine/tcptrace.ts";

const MISUSES: readonly { readonly words: readonly string[]; readonly named: string; readonly hint: string }[] = [
  { words: ["evnets"], named: "evnets", hint: "tcptrace --help" },
  { words: [""], named: "''", hint: "tcptrace --help" },
  { words: ["help", "nosuch"], named: "'nosuch'", hint: "tcptrace --help" },
  { words: ["help", "evnets"], named: "'evnets'", hint: "did you mean events?" },
  { words: ["help", ""], named: "''", hint: "tcptrace --help" },
  { words: ["help", "top", "more"], named: "'more'", hint: "tcptrace help --help" },
  { words: ["events", "--jsno"], named: "--jsno", hint: "did you mean --json?" },
  { words: ["--frobnicate"], named: "--frobnicate", hint: "tcptrace --help" },
  { words: ["events", "surplus"], named: "'surplus'", hint: "tcptrace events --help" },
  { words: ["events", "--source"], named: "--source", hint: "--help" },
  { words: ["events", "--duration"], named: "--duration", hint: "--help" },
  { words: ["events", "--duration", "5d"], named: "'5d'", hint: "500ms, 10s, 5m or 2h" },
  { words: ["events", "--duration", "99999h"], named: "'99999h'", hint: "a year" },
  { words: ["events", "--duration", "-5s"], named: "-5s", hint: "500ms, 10s, 5m or 2h" },
  { words: ["events", "--duration", "10 s"], named: "'10 s'", hint: "500ms, 10s, 5m or 2h" },
  { words: ["events", "-c", "none"], named: "'none'", hint: "an integer of at least 1" },
  { words: ["events", "-c", "0"], named: "'0'", hint: "an integer of at least 1" },
  { words: ["events", "-c", "1.5"], named: "'1.5'", hint: "an integer of at least 1" },
  { words: ["top", "-n", "-1"], named: "'-1'", hint: "an integer of at least 1" },
  { words: ["top", "-b", "-d", "1ms"], named: "'1ms'", hint: "100ms" },
  { words: ["top", "-b", "-d", "0.05"], named: "'0.05'", hint: "100ms" },
  { words: ["top", "--stuck-after", "soon"], named: "'soon'", hint: "500ms, 10s, 5m or 2h" },
  { words: ["events", "--source", "ebpf"], named: "'ebpf'", hint: "auto, bpf or proc" },
  { words: ["events", "-r", "x", "--source", "proc"], named: "--source", hint: "--help" },
  { words: ["top", "-r"], named: "--read", hint: "--help" },
  { words: ["events", "-r", "/nonexistent"], named: "/nonexistent", hint: "-r" },
  { words: ["events", "-r", "/etc/hostname"], named: "/etc/hostname", hint: "tcptrace record -w" },
  { words: ["leaks", "-r", "/"], named: "/ is a directory", hint: "-r" },
  { words: ["record"], named: "--write", hint: "--help" },
  { words: ["record", "-w", "/proc/self/exe/x"], named: "/proc/self/exe/x", hint: "-w" },
  { words: ["record", "-w", "x", "-C", "0"], named: "'0'", hint: "500k" },
  { words: ["record", "-w", "x", "-C", "12q"], named: "'12q'", hint: "500k" },
  { words: ["record", "-w", "x", "-G", "0"], named: "'0'", hint: "at least 1s" },
  { words: ["record", "-w", "x", "-W", "3"], named: "-W", hint: "-C" },
  { words: ["record", "-w", "x-%H%M", "-G", "60", "-W", "3"], named: "-W", hint: "omit -W" },
  { words: ["record", "-w", "-", "--print"], named: "--print", hint: "-w" },
  { words: ["record", "-w", "-", "-C", "1"], named: "-C", hint: "-w" },
  { words: ["record", "-w", "x", "--compress", "rar"], named: "rar", hint: "gzip" },
  { words: ["record", "-w", "x", "--on-full", "weep"], named: "weep", hint: "drop" },
  { words: ["export", "-r", "x"], named: "--format", hint: "--help" },
  { words: ["export", "--format", "csv"], named: "--read", hint: "--help" },
  { words: ["export", "-r", "x", "--format", "pcap"], named: "pcap", hint: "perfetto" },
  { words: ["diagnose", "--duration", "5."], named: "'5.'", hint: "500ms, 10s, 5m or 2h" },
  { words: ["diagnose", "--filter", "colour:red"], named: "colour:red", hint: "tcptrace diagnose --help" },
  { words: ["explain", "close-wiat"], named: "close-wiat", hint: "close-wait" },
  { words: ["explain", "\u001b[2J"], named: "\\x1b[2J", hint: "tcptrace explain" },
  { words: ["explain", "close-wait", "more"], named: "'more'", hint: "tcptrace explain --help" },
  { words: ["doctor", "--source", "bpf"], named: "--source", hint: "--help" },
];

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/* Texts name the command that was started, so that it must be the same here and in a process of its own. */
const [, STARTED = ""] = process.argv;
beforeAll(() => void (process.argv[1] = CLI));
afterAll(() => void (process.argv[1] = STARTED));

/** Runs the command line in this process. */
async function runHere(words: readonly string[]): Promise<Ended> {
  const { session, stdout, stderr } = keptSession();
  await run(["node", "tcptrace", ...words], session);
  return { code: session.exitCode, stdout: stdout(), stderr: stderr() };
}

describe("a usage error", () => {
  it.each(MISUSES)("is one line and exit 2: $words", async ({ words, named, hint }) => {
    const { code, stdout, stderr } = await runHere(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^tcptrace: [^\n]+\n$/);
    expect(stderr).toContain(named);
    expect(stderr).toContain(hint);
  });

  it.each([
    { words: [], line: /^tcptrace: no command given: try: \S+ --help\n$/ },
    { words: ["evnets"], line: /^tcptrace: unknown command 'evnets' \(did you mean events\?\): try: \S+ --help\n$/ },
    { words: ["leaks", "--nosuch"], line: /^tcptrace: leaks: unknown option '--nosuch': try: \S+ leaks --help\n$/ },
    {
      words: ["leaks", "--filter", "x:1"],
      line: /^tcptrace: leaks: invalid --filter: x:1: .*: try: \S+ leaks --help\n$/,
    },
    {
      words: ["top", "-d", "\u001b"],
      line: /^tcptrace: top: invalid --delay '\\x1b': must be .*: try: \S+ top --help\n$/,
    },
    { words: ["record"], line: /^tcptrace: record: --write is required: try: \S+ record --help\n$/ },
    { words: ["top", "-r"], line: /^tcptrace: top: --read needs a value: try: \S+ top --help\n$/ },
    {
      words: ["events", "-r", "x", "--source", "proc"],
      line: /^tcptrace: events: --read cannot be used with --source: try: \S+ events --help\n$/,
    },
    {
      words: ["export", "-r", "x", "--format", "pcap"],
      line: /^tcptrace: export: invalid --format 'pcap': must be ndjson, csv or perfetto: try: \S+ export --help\n$/,
    },
  ])("says what is wrong, why, and what to try: $words", async ({ words, line }) => {
    expect((await runHere(words)).stderr).toMatch(line);
  });
});

describe("help", () => {
  const COMMANDS = ["top", "events", "leaks", "churn", "diagnose", "explain", "record", "export", "doctor"];

  it.each([
    { words: ["--help"] },
    { words: ["-h"] },
    { words: ["help"] },
    ...COMMANDS.flatMap((command) => [{ words: [command, "--help"] }, { words: ["help", command] }]),
  ])("is on stdout with examples, exit 0: $words", async ({ words }) => {
    const { code, stdout, stderr } = await runHere(words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Usage: tcptrace/);
    expect(stdout).toMatch(/^Examples:\n {2}(sudo )?\S*tcptrace \w+/m);
  });

  it.each(COMMANDS)("%s shows defaults and choices as one types them", async (command) => {
    const { stdout } = await runHere([command, "--help"]);
    const notes = stdout.replaceAll(/\s+/g, " ").match(/\((?:default|choices): [^)]*\)/g) ?? [];
    for (const note of notes)
      expect(note).toMatch(/^\((?:choices: [a-z, -]+(?:; )?)?(?:default: (?:[a-z]+|\d+s|\$\S+))?\)$/);
    expect(notes.length > 0).toBe(!["explain", "doctor"].includes(command));
    expect(stdout).not.toMatch(/default: (?:false|true)/);
  });

  it("names every command", async () => {
    const { stdout } = await runHere(["--help"]);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
  });

  it.each(["--version", "-V"])("%s prints the version of package.json", async (word) => {
    const text = readFileSync(join(ROOT, "package.json"), "utf8");
    const { version } = z.object({ version: z.string() }).parse(JSON.parse(text));
    expect(await runHere([word])).toEqual({ code: 0, stdout: `tcptrace ${version}\n`, stderr: "" });
  });
});

describe("with --json, an error is one line of JSON on stderr", () => {
  it.each([
    { words: ["evnets", "--json"], code: "usage", message: "unknown command 'evnets' (did you mean events?)" },
    { words: ["events", "--json", "--duration", "5d"], code: "usage", message: /^events: invalid --duration '5d': / },
    { words: ["leaks", "--filter", "colour:red", "--json"], code: "bad-filter", message: /colour:red: no such key/ },
    { words: ["churn", "--json", "-r", "/nonexistent"], code: "cannot-read", message: /\/nonexistent/ },
    { words: ["diagnose", "--json", "-r", "/etc/hostname"], code: "not-a-recording", message: /\/etc\/hostname/ },
    {
      words: ["record", "--json", "-w", "x"],
      code: "usage",
      message: "record: --json requires --print",
      hint: /^try: \S+ record --help$/,
    },
  ])("$words", async ({ words, code, message, hint = /./ }) => {
    const { stdout, stderr, code: exitCode } = await runHere(words);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
    expect(stderr).toMatch(/^[^\n]+\n$/);
    const matching: unknown = typeof message === "string" ? message : expect.stringMatching(message);
    const fix: unknown = expect.stringMatching(hint);
    expect(JSON.parse(stderr)).toEqual({ error: { code, message: matching, hint: fix, exitCode } });
  });

  it("says the same as the text does without it", async () => {
    const words = ["diagnose", "-r", "/nonexistent"];
    const { error } = z
      .object({ error: z.object({ message: z.string(), hint: z.string() }) })
      .parse(JSON.parse((await runHere([...words, "--json"])).stderr));
    expect((await runHere(words)).stderr).toBe(`tcptrace: ${error.message}: ${error.hint}\n`);
  });

  it("but not where --json is an argument", async () => {
    const { stderr } = await runHere(["explain", "--", "--json"]);
    expect(stderr).toMatch(/^tcptrace: explain: no page about '--json'/);
  });
});

/* Only a process has an exit code, and may print a stack trace. */
describe("a process", () => {
  it.each([
    { words: ["--help"], code: 0 },
    { words: ["evnets"], code: 2 },
    { words: ["record", "-w", "/proc/self/exe/x"], code: 2 },
    { words: ["leaks", "-r", "/", "--json"], code: 2 },
  ])("prints and exits as the command line does: $words", async ({ words, code }) => {
    const { stdout, stderr } = await runHere(words);
    expect(await runTcptrace(words)).toEqual({ code, signal: null, stdout, stderr });
  });

  it("ends quietly when stdout is closed", async () => {
    const tcptrace = spawn("sh", ["-c", `"$0" "$1" explain close-wait | true`, process.execPath, CLI]);
    const stderr = tcptrace.stderr.setEncoding("utf8").toArray();
    await once(tcptrace, "exit");
    expect(await stderr).toEqual([]);
  });
});
