import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { findSettings, writeSettings } from "#src/commands/top/settings-file.ts";
import { runTcptrace } from "#test/support/machine/tcptrace.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "tcptrace-settings-"));

afterEach(() => vi.unstubAllEnvs());

/** Writes the default settings file. */
function defaultFile(text: string): string {
  const home = folder();
  vi.stubEnv("XDG_CONFIG_HOME", home);
  mkdirSync(join(home, "tcptrace"));
  const path = join(home, "tcptrace", "config.json");
  writeFileSync(path, text);
  return path;
}

describe("the settings file", () => {
  test("is in $XDG_CONFIG_HOME", async () => {
    const path = defaultFile('{"theme":"mono"}');
    expect(await findSettings(null)).toEqual({ settings: { theme: "mono" }, path, warning: "" });
  });

  test("may be missing", async () => {
    vi.stubEnv("XDG_CONFIG_HOME", folder());
    expect(await findSettings(null)).toMatchObject({ settings: {}, warning: "" });
  });

  test("with an error is a warning if it is the default file", async () => {
    defaultFile("{");
    const { settings, warning } = await findSettings(null);
    expect(settings).toEqual({});
    expect(warning).toContain("not valid JSON");
  });

  test("of --config must exist and be valid", async () => {
    await expect(findSettings("/nonexistent/x")).rejects.toThrow("/nonexistent/x: no such file");
    await expect(findSettings("/dev/null")).rejects.toThrow("/dev/null: not a regular file");
    await expect(findSettings(folder())).rejects.toThrow("not a regular file");
    const large = join(folder(), "large");
    writeFileSync(large, " ".repeat(70_000));
    await expect(findSettings(large)).rejects.toThrow("too large");
    const pipe = join(folder(), "pipe");
    execFileSync("mkfifo", [pipe]);
    await expect(findSettings(pipe)).rejects.toThrow("not a regular file");
  });

  test("is written for the owner only, and read again", async () => {
    const path = join(folder(), "a", "b", "config.json");
    await writeSettings(path, '{"theme":"mono"}\n');
    expect(readFileSync(path, "utf8")).toBe('{"theme":"mono"}\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await findSettings(path)).settings).toEqual({ theme: "mono" });
  });

  test("replaces a link in its place, and does not follow it", async () => {
    const target = join(folder(), "precious");
    writeFileSync(target, "precious");
    const path = join(folder(), "config.json");
    symlinkSync(target, path);
    await writeSettings(path, "{}\n");
    expect(readFileSync(target, "utf8")).toBe("precious");
    expect(readFileSync(path, "utf8")).toBe("{}\n");
  });
});

describe.runIf(process.geteuid?.() === 0)("as root", () => {
  const NOBODY = 65_534;

  test("the home of another user is left alone, whatever HOME and XDG_CONFIG_HOME are", async () => {
    const home = folder();
    mkdirSync(join(home, "tcptrace"));
    writeFileSync(join(home, "tcptrace", "config.json"), "{");
    chownSync(home, NOBODY, NOBODY);
    vi.stubEnv("XDG_CONFIG_HOME", home);
    vi.stubEnv("HOME", home);
    const { path, warning } = await findSettings(null);
    expect(path.startsWith(home)).toBe(false);
    expect(warning).toBe("");
  });

  test("a file that another user owns, or everyone may write, is not read", async () => {
    const path = defaultFile('{"theme":"mono"}');
    chownSync(path, NOBODY, NOBODY);
    expect(await findSettings(null)).toMatchObject({ settings: {} });
    chownSync(path, 0, 0);
    chmodSync(path, 0o666);
    expect((await findSettings(null)).warning).toContain("writable by everyone");
  });

  test("nothing is written into a folder of another user", async () => {
    const home = folder();
    chownSync(home, NOBODY, NOBODY);
    await expect(writeSettings(join(home, "config.json"), "{}")).rejects.toThrow("belongs to another user");
  });
});

test("a bad --config is one line and exit 2", async () => {
  const { code, stderr, stdout } = await runTcptrace(["top", "--config", "/nonexistent"]);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stderr).toContain("/nonexistent: no such file: fix the file, or pass another --config");
});
