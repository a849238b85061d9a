import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { NEEDS_ROOT } from "#test/support/machine/needs-root.ts";
import { findCaller, isFull, OutputFile } from "#src/recording/write/output-file.ts";

const own = findCaller({});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "tcptrace-output-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function refusal(path: string, caller = own): Promise<string> {
  try {
    await (await OutputFile.open(path, caller)).close();
    return "";
  } catch (error) {
    return String(error);
  }
}

describe("a recording's file", () => {
  test("is made for its owner alone, whatever the umask, and belongs to who called sudo", NEEDS_ROOT, async () => {
    const path = join(folder(), "run");
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const caller = findCaller({ SUDO_UID: "1234", SUDO_GID: "2345" });
    expect(caller).toEqual({ uid: 1234, gid: 2345 });
    await (await OutputFile.open(path, caller)).close();
    const { mode, uid, gid } = statSync(path);
    expect([mode & 0o7777, uid, gid]).toEqual([0o600, 1234, 2345]);
    // The caller may overwrite their own file, but not root's.
    expect(await refusal(path, caller)).toBe("");
    expect(await refusal(path)).toMatch(/belongs to another user \(uid 1234\)/);
  });

  test("that already exists is emptied and made private", async () => {
    const path = join(folder(), "run");
    writeFileSync(path, "much older words", { mode: 0o666 });
    const file = await OutputFile.open(path, own);
    await file.write(Buffer.from("new"));
    await file.close();
    expect(readFileSync(path, "latin1")).toBe("new");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(file.bytes).toBe(3);
  });

  test("is no link, no other's file, no hard link, no pipe and no folder", NEEDS_ROOT, async () => {
    const at = folder();
    const victim = join(at, "victim");
    writeFileSync(victim, "precious");
    symlinkSync(victim, join(at, "link"));
    symlinkSync(join(at, "nothing"), join(at, "dangling"));
    linkSync(victim, join(at, "hard"));
    execFileSync("mkfifo", [join(at, "pipe")]);
    mkdirSync(join(at, "folder"));
    expect(await refusal(join(at, "link"))).toMatch(/it is a symbolic link/);
    expect(await refusal(join(at, "dangling"))).toMatch(/it is a symbolic link/);
    expect(await refusal(join(at, "hard"))).toMatch(/has other names/);
    expect(await refusal(join(at, "pipe"))).toMatch(/is not a file/);
    expect(await refusal(join(at, "folder"))).toMatch(/cannot write/);
    expect(await refusal(join(at, "no", "such"))).toMatch(/no such file or directory/);
    expect(await refusal(victim, { uid: 1234, gid: 1234 })).toMatch(/belongs to another user \(uid 0\)/);
    expect(readFileSync(victim, "latin1")).toBe("precious");
  });

  test("may be /dev/full, which reports a full disk", async () => {
    const file = await OutputFile.open("/dev/full", own);
    const failure: unknown = await file.write(Buffer.from("x")).catch((error: unknown) => error);
    expect(isFull(failure)).toBe(true);
    await file.close();
  });
});

test.each([
  [{}, own],
  [
    { SUDO_UID: "12", SUDO_GID: "x" },
    { uid: 12, gid: own.gid },
  ],
  [{ SUDO_UID: "-1", SUDO_GID: "5" }, own],
  [{ SUDO_UID: "0x10" }, own],
])("SUDO_UID and SUDO_GID are numbers or nothing: %j", NEEDS_ROOT, (env, caller) => {
  expect(findCaller(env)).toEqual(caller);
});
