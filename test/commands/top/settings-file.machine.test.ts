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

/** A file where the settings usually are. */
function usual(text: string): string {
  const home = folder();
  vi.stubEnv("XDG_CONFIG_HOME", home);
  mkdirSync(join(home, "tcptrace"));
  const path = join(home, "tcptrace", "config.json");
  writeFileSync(path, text);
  return path;
}

describe("where they are", () => {
  test("in $XDG_CONFIG_HOME", async () => {
    const path = usual('{"theme":"mono"}');
    expect(await findSettings(null)).toEqual({ settings: { theme: "mono" }, path, warning: "" });
  });

  test("none are as good as empty ones", async () => {
    vi.stubEnv("XDG_CONFIG_HOME", folder());
    expect(await findSettings(null)).toMatchObject({ settings: {}, warning: "" });
  });

  test("what is wrong with the usual file is a warning", async () => {
    usual("{");
    const { settings, warning } = await findSettings(null);
    expect(settings).toEqual({});
    expect(warning).toContain("it is no JSON");
  });

  test("a named one has to be there and to make sense", async () => {
    await expect(findSettings("/nonexistent/x")).rejects.toThrow("/nonexistent/x: there is no such file");
    await expect(findSettings("/dev/null")).rejects.toThrow("/dev/null: it is no file");
    await expect(findSettings(folder())).rejects.toThrow("it is no file");
    const large = join(folder(), "large");
    writeFileSync(large, " ".repeat(70_000));
    await expect(findSettings(large)).rejects.toThrow("too large");
    const pipe = join(folder(), "pipe");
    execFileSync("mkfifo", [pipe]);
    await expect(findSettings(pipe)).rejects.toThrow("it is no file");
  });

  test("written in one go, for the owner alone, and read again", async () => {
    const path = join(folder(), "a", "b", "config.json");
    await writeSettings(path, '{"theme":"mono"}\n');
    expect(readFileSync(path, "utf8")).toBe('{"theme":"mono"}\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await findSettings(path)).settings).toEqual({ theme: "mono" });
  });

  test("a link in its place is replaced, not written through", async () => {
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

  test("another user's home is left alone, whatever HOME and XDG_CONFIG_HOME say", async () => {
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

  test("a file of somebody else, or that anybody may write, is not believed", async () => {
    const path = usual('{"theme":"mono"}');
    chownSync(path, NOBODY, NOBODY);
    expect(await findSettings(null)).toMatchObject({ settings: {} });
    chownSync(path, 0, 0);
    chmodSync(path, 0o666);
    expect((await findSettings(null)).warning).toContain("anybody may write it");
  });

  test("nothing is written into a folder of somebody else", async () => {
    const home = folder();
    chownSync(home, NOBODY, NOBODY);
    await expect(writeSettings(join(home, "config.json"), "{}")).rejects.toThrow("belongs to somebody else");
  });
});

test("tcptrace says it in one line, with exit code 2", async () => {
  const { code, stderr, stdout } = await runTcptrace(["top", "--config", "/nonexistent"]);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stderr).toContain("/nonexistent: there is no such file");
});
