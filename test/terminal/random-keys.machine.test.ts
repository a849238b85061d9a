import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { CLI, ROOT } from "#test/support/project.ts";
import { PtyScreen } from "#test/terminal/pty-screen.ts";

const KEYS = 2000;
/** After this many keys the screen is compared with a full redraw. */
const CHECK_EVERY = 100;
const RESIZE_EVERY = 25;
/** Memory is compared with its size at this point, when all code has run once. */
const WARM_AFTER = KEYS / 4;
const MOST_GROWTH_KB = 24 * 1024;
/** V8 collects garbage late; with a heap this small, a leak shows, or ends the process. */
const SMALL_HEAP = ["--max-old-space-size=40", "--max-semi-space-size=2"];
const SEED = 20_261_122;

/*
 * All keys but those that end or suspend it, or write files: q, F10, ^C, ^Z, w, e, W. The sequences are what terminals
 * send.
 */
const KEYBOARD = [
  ..."12345?h jkgGsr<>/pafzty!+-=TmJLNE.[]0abc:x~|{}\\\"'`\t\r\u007F".split(""),
  "\u001B[A",
  "\u001B[B",
  "\u001B[5~",
  "\u001B[6~",
  "\u001B[H",
  "\u001B[F",
  "\u001B[Z",
  "\u001B\u001B",
  "\u001BOP",
  "\u0002",
  "\u0006",
  "\u000C",
  "\u001B[<64;10;10M",
  "\u001B[<65;10;10M",
  "\u001B[<0;12;14M",
  "é",
  "中",
];

/** Mulberry32: the same keys in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) % 1_000_000) % below;
  };
}

function residentKb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]);
}

/** The screen once output has stopped; the clock does not move, as the recording is at its end. */
async function settled(screen: PtyScreen): Promise<string> {
  for (let before = -1; before !== screen.output.length;) {
    before = screen.output.length;
    await sleep(400);
  }
  // The second last line goes by the wall clock: the message about a key disappears after five seconds.
  const lines = screen.lines().map((line) => line.trimEnd());
  return lines.toSpliced(-2, 1).join("\n");
}

test("2,000 random keys, clicks and resizes: no crash, no stale cells, no leak", { timeout: 120_000 }, async () => {
  const next = random(SEED);
  const words = [CLI, "top", "-r", join(ROOT, "test/fixtures/leak.tct.gz"), "--stuck-after", "4s"];
  const screen = new PtyScreen(process.execPath, [...SMALL_HEAP, ...words], { columns: 100, rows: 30 });
  try {
    await screen.until("playing");
    let warm = 0;
    for (let key = 1; key <= KEYS; key++) {
      screen.write(KEYBOARD[next(KEYBOARD.length)] ?? "");
      if (key % RESIZE_EVERY === 0) screen.resize(20 + next(200), 5 + next(60));
      await sleep(2);
      expect(screen.exitCode, `it ended after ${key} keys`).toBeNull();
      if (key === WARM_AFTER) warm = residentKb(screen.pid);
      if (key % CHECK_EVERY !== 0) continue;
      // Close whatever is open and go to the end of the recording, where nothing moves.
      screen.write("\u001B");
      await sleep(60);
      screen.write("\u001B");
      await sleep(60);
      screen.write("1E");
      const drawn = await settled(screen);
      const written = screen.output.length;
      screen.write("\u000C");
      expect(await settled(screen), `after ${key} keys`).toBe(drawn);
      expect(screen.output.length - written, "drawn anew").toBeGreaterThan(drawn.length / 2);
    }
    expect(residentKb(screen.pid) - warm).toBeLessThan(MOST_GROWTH_KB);
    screen.resize(80, 24);
    screen.write("\u001B");
    await sleep(60);
    screen.write("\u0003");
    await screen.until(() => screen.exitCode === 0);
  } finally {
    screen.kill();
  }
});
