import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { ROOT } from "#test/support/project.ts";
import { type PtyOptions, PtyScreen } from "#test/terminal/pty-screen.ts";
import type { TopOptions } from "#test/terminal/top.program.ts";

const PROGRAM = join(ROOT, "build-dev/test/terminal/top.program.js");
const HOSTILE = ["{red-fg}x", "{/}{bold}", "\\x1b[31mred", "数据库服务", "exactly15chars!", "a\u0301e", "🚀rocket"];
const LEAKER = {
  pid: 812,
  comm: "api",
  cmdline: "node /srv/api/server.js",
  closeWait: 38,
  stuck: 38,
  oldestCloseWaitMs: 912_000,
  closeWaitPeer: { endpoint: "10.0.0.2:443", count: 38 },
};
const PROCESSES = [LEAKER, ...HOSTILE.map((comm, index) => ({ pid: 20 + index, comm, listen: index }))];

const open: PtyScreen[] = [];

afterEach(() => {
  for (const screen of open.splice(0)) screen.kill();
});

/**
 * Runs the live view under a shell, which then reports the state of the terminal. The shell keeps running, because
 * node-pty drops what it has not read yet when its program ends.
 */
function start(config: TopOptions = {}, options: PtyOptions = {}, redirect = ""): PtyScreen {
  const script = `node "$0" "$1" ${redirect}; echo "exit code $?"; stty -a | tr ';' '\\n' | grep -ow -e '-\\?icanon' -e '-\\?echo' | tr '\\n' ' '; echo shell is back; read -r end`;
  const screen = new PtyScreen(
    "/bin/sh",
    ["-c", script, PROGRAM, JSON.stringify({ processes: PROCESSES, ...config })],
    options,
  );
  open.push(screen);
  return screen;
}

async function programPid(screen: PtyScreen): Promise<number> {
  await screen.until(/my pid \d+/);
  return Number(/my pid (\d+)/.exec(screen.text())?.[1]);
}

/** Expects the terminal to be in the state that a shell needs. */
async function expectWhole(screen: PtyScreen): Promise<void> {
  await screen.until("shell is back");
  expect(screen.inAlternateScreen).toBe(false);
  expect(screen.cursorShown).toBe(true);
  expect(screen.text()).toMatch(/icanon echo *shell is back|echo icanon *shell is back/);
  expect(screen.text()).not.toMatch(/-icanon|-echo/);
  for (const mouse of [1000, 1002, 1003, 1006]) expect(screen.output).not.toContain(`\u001B[?${mouse}h`);
}

function lineOf(screen: PtyScreen, pid: number): string {
  return screen.lines().find((line) => new RegExp(`^[> ] +${pid} `).test(line)) ?? "";
}

describe("every terminal", () => {
  test.each([
    "xterm-256color",
    "screen-256color",
    "tmux-256color",
    "xterm-kitty",
    "linux",
    "vt100",
    "no-such-terminal",
  ])("%s shows the guilty process, without noise", async (term) => {
    const screen = start({}, { term });
    await screen.until("api (pid 812) holds 38 sockets in CLOSE_WAIT to 10.0.0.2:443");
    await screen.until(/^> {4}812 api +38 +38 +15m12s/m);
    expect(screen.output).not.toMatch(/Error|Setulc|plab_norm|WARNING/);
    expect(lineOf(screen, 20)).toContain("{red-fg}x");
    screen.write("q");
    await expectWhole(screen);
    expect(screen.text()).toContain("ended well quit");
  });

  test("a dumb one is refused with a hint", async () => {
    const screen = start({}, { term: "dumb", columns: 120 });
    await screen.until("shell is back");
    expect(screen.text()).toContain("ended with UserError");
    expect(screen.text()).toContain("use tcptrace top -b");
    expect(screen.output).not.toContain("\u001B");
  });
});

describe("names from outside", () => {
  test("are shown as plain text, and nothing after them shifts", async () => {
    const screen = start({}, { columns: 80 });
    await screen.until("my pid");
    const ends = screen.lastColumn(screen.lines().indexOf(lineOf(screen, 20)));
    for (const [index, comm] of HOSTILE.entries()) {
      const row = lineOf(screen, 20 + index);
      /* This emulator draws a rocket one column wide, we count two: that leaves a gap, but does not shift the row. */
      expect(row.replaceAll(" ", "")).toContain(`${20 + index}${comm}00`);
      expect(screen.lastColumn(screen.lines().indexOf(row))).toBe(ends);
    }
    expect(screen.output).not.toContain("\u001B[31mred");
  });

  test("without Unicode they keep their width", async () => {
    const screen = start({ ascii: true });
    await screen.until("my pid");
    expect(lineOf(screen, 23)).toMatch(/ 23 \?{10} /);
    expect(screen.text()).toContain("STUCKv");
    expect(Buffer.byteLength(screen.output)).toBe(screen.output.length);
  });
});

describe("sizes", () => {
  test("200x60 shows every column", async () => {
    const screen = start({}, { columns: 200, rows: 60 });
    await screen.until(
      /PID USER +COMMAND +EST +CLOSE_WAIT +STUCK▼ +OLDEST +\+\/min +QUEUED +LISTEN +TRANS +TRANS\/s +OPEN\/s +CLOSE\/s +FDS +FULL IN +PEER/,
    );
  });

  test("40x10 still names the process; 20x5 says that it is too small, and q still works", async () => {
    const screen = start({}, { columns: 40, rows: 10 });
    await screen.until(/^> {4}812 api/m);
    screen.resize(20, 5);
    await screen.until("too small");
    screen.write("q");
    await screen.until("exit code 0");
  });

  test("follows a resize, both ways", async () => {
    const screen = start();
    await screen.until("STUCK▼");
    expect(screen.text()).not.toContain("CLOSE/s");
    screen.resize(200, 50);
    await screen.until("CLOSE/s");
    screen.resize(60, 15);
    await screen.until(() => !screen.text().includes("CLOSE/s") && screen.text().includes("STUCK▼"));
    await screen.until(/^> {4}812 api/m);
  });
});

describe("keys", () => {
  test("help opens and closes", async () => {
    const screen = start();
    await screen.until("q quit");
    for (const keys of ["?", "h", "\u001BOP"]) {
      screen.write(keys);
      await screen.until("No key kills");
      screen.write(keys === "h" ? "q" : "?");
      await screen.until("STUCK▼");
    }
    expect(screen.text()).not.toContain("ended well");
  });

  test("the cursor moves and stays on its process while the order changes", async () => {
    const screen = start({ fill: 100 });
    await screen.until(/^> {4}812 api/m);
    screen.write("j");
    await screen.until(/^> {5}20 /m);
    screen.write("\u001B[B");
    await screen.until(/^> {5}21 /m);
    screen.write("r");
    await screen.until("worst first reversed");
    await screen.until(/^> {5}21 /m);
    screen.write("r\u001B[A");
    await screen.until(/^> {5}20 /m);
    screen.write("G");
    await screen.until(/^> {3}1099 filler-99/m);
    screen.write("g");
    await screen.until(/^> {4}812 api/m);
    screen.write("\u001B[6~");
    await screen.until(() => !/^> {4}812 api/m.test(screen.text()));
    screen.write("\u001B[5~");
    await screen.until(/^> {4}812 api/m);
    screen.write("\u001B[F");
    await screen.until(/^> {3}1099/m);
    screen.write("\u001B[H");
    await screen.until(/^> {4}812 api/m);
  });

  test("sort, interval, pause and filter show their values", async () => {
    const screen = start();
    await screen.until("sort: worst first");
    screen.write("s");
    await screen.until("sort: PID");
    screen.write("<");
    await screen.until("sort: worst first");
    screen.write("+");
    await screen.until("every 500ms");
    screen.write("-");
    await screen.until("every 250ms");
    screen.write("p");
    await screen.until(/PAUSED [1-9.]+s \(\+[\d,]{3,}\)/);
    screen.write(" ");
    await screen.until(() => !screen.text().includes("PAUSED"));
    screen.write("/rocket");
    await screen.until("/rocket_");
    await screen.until(() => lineOf(screen, 812) === "");
    screen.write("\r");
    await screen.until("filter: rocket");
    screen.write("\u001B");
    await screen.until(/ 812 api/);
  });

  test.each([
    ["q", "q"],
    ["F10", "\u001B[21~"],
    ["Ctrl-C", "\u0003"],
  ])("%s quits", async (_, keys) => {
    const screen = start();
    await screen.until("q quit");
    screen.write(keys);
    await expectWhole(screen);
    expect(screen.text()).toContain("exit code 0");
  });

  test("Ctrl-L repairs a screen that another program wrote to", async () => {
    const screen = start();
    await screen.until("q quit");
    const before = screen.output.length;
    screen.write("\u000C");
    await screen.until(() => screen.output.slice(before).includes("api (pid 812)"));
  });
});

describe("the terminal is restored after", () => {
  test.each(["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const)("%s", async (signal) => {
    const screen = start();
    process.kill(await programPid(screen), signal);
    await expectWhole(screen);
    expect(screen.text()).toContain(`ended well ${signal}`);
  });

  test("an uncaught exception, which stays readable", async () => {
    const screen = start();
    process.kill(await programPid(screen), "SIGUSR2");
    await expectWhole(screen);
    expect(screen.text()).toContain("Error: thrown on purpose");
    expect(screen.text()).toContain("exit code 1");
  });

  test.each(["SIGTERM", "SIGHUP", "SIGUSR2"] as const)("%s, also with the mouse on", async (signal) => {
    const screen = start({ mouse: true });
    await screen.until(() => screen.output.includes("\u001B[?1000h\u001B[?1006h"));
    process.kill(await programPid(screen), signal);
    await screen.until("shell is back");
    for (const mode of [1000, 1006]) {
      expect(screen.output.lastIndexOf(`\u001B[?${mode}l`)).toBeGreaterThan(
        screen.output.lastIndexOf(`\u001B[?${mode}h`),
      );
    }
    expect(screen.inAlternateScreen).toBe(false);
  });

  test("a start that never got a snapshot", async () => {
    const screen = start({ starting: true });
    await screen.until("starting...");
    screen.write("q");
    await expectWhole(screen);
  });
});

test("blessed handles no signal itself: without a listener a signal kills", async () => {
  const screen = start({ deaf: true });
  process.kill(await programPid(screen), "SIGTERM");
  await screen.until("exit code 143");
});

test("what is written to stderr is shown among the messages, and printed when the screen is closed", async () => {
  const screen = start();
  process.kill(await programPid(screen), "SIGUSR1");
  await screen.until("noise seen 1");
  expect(screen.text()).not.toContain("direct noise");
  screen.write("!");
  await screen.until("direct noise");
  await screen.until("Warning: noise 1");
  screen.write("q");
  await expectWhole(screen);
  expect(screen.text()).toContain("direct noise");
  expect(screen.text()).toContain("Warning: noise 1");
});

test("color: false uses none", async () => {
  const screen = start({ color: false });
  await screen.until("my pid");
  expect(screen.hasColor).toBe(false);
  const colored = start();
  await colored.until("my pid");
  await colored.until(() => colored.hasColor);
});

test("keys come from the terminal when stdin is a recording", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "tcptrace-")), "recording");
  writeFileSync(file, "not keys: q q q\n");
  const screen = start({}, {}, `<${file}`);
  await screen.until(/^> {4}812 api/m);
  screen.write("j");
  await screen.until(/^> {5}20 /m);
  screen.write("q");
  await expectWhole(screen);
});

test("frames are synchronized updates", async () => {
  const screen = start();
  await screen.until("q quit");
  screen.write("q");
  await expectWhole(screen);
  const begun = screen.output.split("\u001B[?2026h").length;
  expect(begun).toBeGreaterThan(1);
  expect(screen.output.split("\u001B[?2026l")).toHaveLength(begun);
});

test("a terminal that does not read does not stop the program", async () => {
  const beat = join(mkdtempSync(join(tmpdir(), "tcptrace-")), "beat");
  const screen = start({ beat, fill: 200, restless: true }, { columns: 200, rows: 100 });
  await screen.until("my pid");
  screen.stopReading();
  const frames = (): number => Number(readFileSync(beat, "utf8"));
  const before = frames();
  /* Enough for the pseudo-terminal's own buffer to be full. */
  await screen.until(() => frames() > before + 40);
  screen.resumeReading();
  screen.write("q");
  await expectWhole(screen);
});

/* An interactive shell has the job control that `fg` needs. */
function interactive(): PtyScreen {
  const screen = new PtyScreen("/bin/bash", ["--norc", "--noprofile", "-i"], { env: { PS1: "prompt> " } });
  open.push(screen);
  screen.write(`node ${PROGRAM} '${JSON.stringify({ processes: [LEAKER] })}'\r`);
  return screen;
}

describe("suspending", () => {
  test.each(["Ctrl-Z", "kill -TSTP"])("%s gives the shell its screen, fg comes back", async (how) => {
    const screen = interactive();
    const pid = await programPid(screen);
    if (how === "Ctrl-Z") screen.write("\u001A");
    else process.kill(pid, "SIGTSTP");
    await screen.until("Stopped");
    expect(screen.inAlternateScreen).toBe(false);
    expect(screen.cursorShown).toBe(true);
    screen.write("echo a$((1+1))b\r");
    await screen.until("a2b");
    screen.write("fg\r");
    await screen.until(/^> {4}812 api/m);
    expect(screen.inAlternateScreen).toBe(true);
    screen.write("?");
    await screen.until("No key kills");
    screen.write("?\u001A");
    await screen.until(() => !screen.inAlternateScreen);
    screen.write("fg\r");
    await screen.until(/^> {4}812 api/m);
    screen.write("q");
    await screen.until("ended well quit");
    expect(screen.inAlternateScreen).toBe(false);
  });

  test("where nothing can continue it, it keeps running", async () => {
    /* Its own session, and nobody in it but itself: the kernel does not stop such a process. */
    const screen = new PtyScreen(process.execPath, [PROGRAM, JSON.stringify({ processes: [LEAKER] })]);
    open.push(screen);
    await screen.until("q quit");
    screen.write("\u001A");
    await screen.until(() => screen.output.includes("\u001B[?1049l"));
    await screen.until(() => screen.inAlternateScreen && /^> {4}812 api/m.test(screen.text()));
    screen.write("q");
    await screen.until(() => screen.exitCode === 0);
  });
});
