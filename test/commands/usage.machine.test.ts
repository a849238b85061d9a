import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { run } from "#src/commands/program.ts";
import { keptSession } from "#test/support/machine/session.ts";
import { CLI, ROOT } from "#test/support/project.ts";
import { runTcptrace } from "#test/support/machine/tcptrace.ts";

const MISUSES: readonly { readonly words: readonly string[]; readonly named: string; readonly mend: string }[] = [
  { words: ["evnets"], named: "evnets", mend: "tcptrace --help" },
  { words: [""], named: "''", mend: "tcptrace --help" },
  { words: ["events", "--jsno"], named: "--jsno", mend: "--help" },
  { words: ["--frobnicate"], named: "--frobnicate", mend: "tcptrace --help" },
  { words: ["events", "surplus"], named: "events", mend: "--help" },
  { words: ["events", "--source"], named: "--source", mend: "--help" },
  { words: ["events", "--duration"], named: "--duration", mend: "--help" },
  { words: ["events", "--duration", "5"], named: "'5'", mend: "500ms, 10s, 5m or 2h" },
  { words: ["events", "--duration", "-5s"], named: "-5s", mend: "500ms, 10s, 5m or 2h" },
  { words: ["events", "--duration", "10 s"], named: "'10 s'", mend: "500ms, 10s, 5m or 2h" },
  { words: ["events", "-c", "none"], named: "'none'", mend: "whole number" },
  { words: ["events", "-c", "0"], named: "'0'", mend: "whole number" },
  { words: ["events", "-c", "1.5"], named: "'1.5'", mend: "whole number" },
  { words: ["top", "-n", "-1"], named: "'-1'", mend: "whole number" },
  { words: ["top", "-b", "-d", "1ms"], named: "'1ms'", mend: "100ms" },
  { words: ["top", "--stuck-after", "soon"], named: "'soon'", mend: "500ms, 10s, 5m or 2h" },
  { words: ["events", "--source", "ebpf"], named: "'ebpf'", mend: "auto, bpf or proc" },
  { words: ["events", "-r", "x", "--source", "proc"], named: "--source", mend: "--help" },
  { words: ["top", "-r"], named: "--read", mend: "--help" },
  { words: ["events", "-r", "/nonexistent"], named: "/nonexistent", mend: "-r" },
  { words: ["events", "-r", "/etc/hostname"], named: "/etc/hostname", mend: "tcptrace record -w" },
  { words: ["leaks", "-r", "/"], named: "/ is a directory", mend: "-r" },
  { words: ["record"], named: "--write", mend: "--help" },
  { words: ["record", "-w", "/proc/self/exe/x"], named: "/proc/self/exe/x", mend: "-w" },
  { words: ["record", "-w", "x", "-C", "0"], named: "'0'", mend: "500k" },
  { words: ["record", "-w", "x", "-C", "12q"], named: "'12q'", mend: "500k" },
  { words: ["record", "-w", "x", "-G", "0"], named: "'0'", mend: "1 (second)" },
  { words: ["record", "-w", "x", "-W", "3"], named: "-W", mend: "-C" },
  { words: ["record", "-w", "x-%H%M", "-G", "60", "-W", "3"], named: "-W", mend: "leave out -W" },
  { words: ["record", "-w", "-", "--print"], named: "--print", mend: "-w" },
  { words: ["record", "-w", "-", "-C", "1"], named: "-C", mend: "-w" },
  { words: ["record", "-w", "x", "--compress", "rar"], named: "rar", mend: "gzip" },
  { words: ["record", "-w", "x", "--on-full", "weep"], named: "weep", mend: "drop" },
  { words: ["export", "-r", "x"], named: "--format", mend: "--help" },
  { words: ["export", "--format", "csv"], named: "--read", mend: "--help" },
  { words: ["export", "-r", "x", "--format", "pcap"], named: "pcap", mend: "perfetto" },
  { words: ["diagnose", "--duration", "5"], named: "'5'", mend: "500ms, 10s, 5m or 2h" },
  { words: ["diagnose", "--filter", "colour:red"], named: "colour:red", mend: "--help" },
  { words: ["explain", "close-wiat"], named: "close-wiat", mend: "close-wait" },
  { words: ["explain", "\u001b[2J"], named: "\\x1b[2J", mend: "tcptrace explain" },
  { words: ["explain", "close-wait", "more"], named: "explain", mend: "--help" },
  { words: ["doctor", "--source", "bpf"], named: "--source", mend: "--help" },
];

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in this process. */
async function runHere(words: readonly string[]): Promise<Ended> {
  const { session, stdout, stderr } = keptSession();
  await run(["node", "tcptrace", ...words], session);
  return { code: session.exitCode, stdout: stdout(), stderr: stderr() };
}

describe("words that are not understood", () => {
  it.each(MISUSES)("exit 2 with one line: $words", async ({ words, named, mend }) => {
    const { code, stdout, stderr } = await runHere(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^tcptrace: [^\n]+\n$/);
    expect(stderr).toContain(named);
    expect(stderr).toContain(mend);
  });

  it("exit 2 when there are none, with one line", async () => {
    const { code, stdout, stderr } = await runHere([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^tcptrace: [^\n]*tcptrace --help[^\n]*\n$/);
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
    { words: ["evnets", "--json"], code: "usage", message: "unknown command 'evnets' (Did you mean events?)" },
    { words: ["events", "--json", "--duration", "5"], code: "usage", message: /argument '5' is invalid/ },
    { words: ["leaks", "--filter", "colour:red", "--json"], code: "bad-filter", message: /colour:red: no such key/ },
    { words: ["churn", "--json", "-r", "/nonexistent"], code: "cannot-read", message: /\/nonexistent/ },
    { words: ["diagnose", "--json", "-r", "/etc/hostname"], code: "not-a-recording", message: /\/etc\/hostname/ },
    {
      words: ["record", "--json", "-w", "x"],
      code: "usage",
      message: "--json says how --print prints",
      hint: /--print/,
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

  it("but not where --json is no flag", async () => {
    const { stderr } = await runHere(["explain", "--", "--json"]);
    expect(stderr).toMatch(/^tcptrace: there is no page on '--json'/);
  });
});

/* What only a process has: its exit code, and no stack trace whatever fails. */
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
