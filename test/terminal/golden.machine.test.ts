import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CLI, ROOT } from "#test/support/project.ts";
import { PtyScreen } from "#test/terminal/pty-screen.ts";

/*
 * Every view at three sizes, at the end of a recorded run, compared character by character. After an intended change,
 * write them again and review the diff: UPDATE_SCREENS=1 npx vitest run test/terminal/golden.machine.test.ts
 */
const RECORDING = join(ROOT, "test/fixtures/leak.tct.gz");
const SCREENS = join(ROOT, "test/fixtures/screens");
const UPDATES = process.env["UPDATE_SCREENS"] === "1";
/** How long a screen must stay unchanged before it is written: findings are at most a second old. */
const SETTLE_MS = 1300;

const SIZES = [
  { columns: 40, rows: 10 },
  { columns: 80, rows: 24 },
  { columns: 200, rows: 50 },
];

/** The keys pressed for each view, in order. */
const VIEWS: readonly (readonly [name: string, keys: string])[] = [
  ["processes", "1"],
  ["groups", "t"],
  ["stuck", "ttttt2"],
  ["time-wait", "3"],
  ["live", "4"],
  ["findings", "5"],
  ["process", "1g\r"],
  ["socket", "\r"],
  ["help", "?"],
];

/** Blanks that were printed and cells that are empty look the same. */
function text(screen: PtyScreen): string {
  return screen
    .lines()
    .map((line) => line.trimEnd())
    .join("\n");
}

async function settled(screen: PtyScreen): Promise<string> {
  for (let before = ""; ;) {
    await sleep(SETTLE_MS);
    const now = text(screen);
    if (now === before) return now;
    before = now;
  }
}

async function compare(screen: PtyScreen, name: string): Promise<void> {
  const file = join(SCREENS, `${name}.txt`);
  if (UPDATES) {
    mkdirSync(SCREENS, { recursive: true });
    writeFileSync(file, `${await settled(screen)}\n`);
  }
  expect(existsSync(file), `${file} is missing: run with UPDATE_SCREENS=1`).toBe(true);
  const golden = readFileSync(file, "utf8").slice(0, -1);
  /* If it never matches, the comparison below shows the difference. */
  await screen.until(() => text(screen) === golden, 5000).catch(() => {});
  expect(text(screen)).toBe(golden);
}

describe.each(SIZES)("at $columns x $rows", ({ columns, rows }) => {
  let screen: PtyScreen;

  beforeAll(async () => {
    screen = new PtyScreen(process.execPath, [CLI, "top", "-r", RECORDING, "--stuck-after", "4s"], { columns, rows });
    await screen.until("playing");
    screen.write("E");
    await screen.until("END of the recording");
  });
  afterAll(() => screen.kill());

  test.each(VIEWS)("%s", async (name, keys) => {
    screen.write(keys);
    await compare(screen, `${name}-${columns}x${rows}`);
  });
});

test("without Unicode the charts are ASCII too", async () => {
  const words = [CLI, "top", "-r", RECORDING, "--stuck-after", "4s", "--ascii", "--no-color"];
  const screen = new PtyScreen(process.execPath, words, { columns: 100, rows: 40 });
  try {
    await screen.until("playing");
    screen.write("E");
    await screen.until("END of the recording");
    await compare(screen, "ascii-100x40");
    expect(Buffer.byteLength(screen.output)).toBe(screen.output.length);
  } finally {
    screen.kill();
  }
});
