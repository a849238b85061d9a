// A picture of `tcptrace top` at work: docs/top.png; and as text on stdout, smaller, that screen and one socket's timeline.
//
// usage: node scripts/screens/screenshot.mjs     as root, after `npm run build`; needs rsvg-convert (Debian: librsvg2-bin)
//
// Runs a client that leaks sockets beside one that opens and closes 300 a second, and top on a pseudo-terminal for half a
// minute; what an emulator makes of its output becomes an SVG, a rectangle for each run of a style and a text for each word, then a PNG.
import { execFileSync, spawn as spawnChild } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { spawn } from "@lydell/node-pty";
import headless from "@xterm/headless";
import { buildChurn } from "../bench/capture.mjs";

const COLUMNS = 112;
const ROWS = 32;
const TEXT_SIZE = { columns: 98, rows: 20 };
const WATCH_MS = 40_000;
/* The advance of DejaVu Sans Mono is 1233/2048 of its size. */
const CELL = { width: 8, height: 17, base: 13, size: (8 * 2048) / 1233 };
const GROUND = "#14171c";
const TEXT = "#d5d8dc";
const PALETTE = ["#14171c", "#f7665e", "#7fc97a", "#e5c454", "#6aa5f8", "#c792ea", "#5ec4c8", "#d5d8dc"];
const root = fileURLToPath(new URL("../..", import.meta.url));

function color(cell, isForeground) {
  const [isDefault, isPalette, value] = isForeground
    ? [cell.isFgDefault(), cell.isFgPalette(), cell.getFgColor()]
    : [cell.isBgDefault(), cell.isBgPalette(), cell.getBgColor()];
  if (isDefault) return isForeground ? TEXT : GROUND;
  if (!isPalette) return `#${value.toString(16).padStart(6, "0")}`;
  if (value < 16) return PALETTE[value % 8];
  if (value >= 232) return `rgb(${[0, 0, 0].map(() => 8 + (value - 232) * 10).join()})`;
  const part = (unit) => [0, 95, 135, 175, 215, 255][Math.floor((value - 16) / unit) % 6];
  return `rgb(${[part(36), part(6), part(1)].join()})`;
}

function styleOf(cell) {
  const [front, back] = [color(cell, true), color(cell, false)];
  const [fill, ground] = cell.isInverse() ? [back, front] : [front, back];
  return { fill, ground, bold: cell.isBold() !== 0, underline: cell.isUnderline() !== 0 };
}

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function runSvg({ x, y, text, style }) {
  const at = { x: x * CELL.width, y: y * CELL.height, width: text.length * CELL.width };
  const ground =
    style.ground === GROUND
      ? ""
      : `<rect x="${at.x}" y="${at.y}" width="${at.width}" height="${CELL.height}" fill="${style.ground}"/>`;
  if (text.trim() === "") return ground;
  const look = `${style.bold ? ' font-weight="bold"' : ""}${style.underline ? ' text-decoration="underline"' : ""}`;
  // Word by word, and Braille sign by sign: the font that has it has another width.
  const words = Array.from(text.matchAll(/[\u2800-\u28ff]|[^\s\u2800-\u28ff]+/gu), ({ 0: word, index }) => {
    const left = (x + index) * CELL.width;
    return `<text x="${left}" y="${at.y + CELL.base}" fill="${style.fill}"${look}>${escape(word)}</text>`;
  });
  return ground + words.join("");
}

function svgOf(terminal) {
  const runs = [];
  const { active } = terminal.buffer;
  for (let y = 0; y < ROWS; y += 1) {
    for (let x = 0; x < COLUMNS; x += 1) {
      const cell = active.getLine(active.baseY + y).getCell(x);
      const style = styleOf(cell);
      const last = runs.at(-1);
      const text = cell.getChars() || " ";
      if (last?.y === y && JSON.stringify(last.style) === JSON.stringify(style)) last.text += text;
      else runs.push({ x, y, text, style });
    }
  }
  const [width, height] = [COLUMNS * CELL.width + 16, ROWS * CELL.height + 16];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
<rect width="100%" height="100%" fill="${GROUND}"/>
<g transform="translate(8 8)" font-family="DejaVu Sans Mono" font-size="${CELL.size}" xml:space="preserve">
${runs.map(runSvg).join("\n")}
</g></svg>`;
}

function printScreen() {
  const { active } = terminal.buffer;
  const lines = Array.from({ length: TEXT_SIZE.rows }, (_, y) =>
    active.getLine(active.baseY + y).translateToString(true),
  );
  console.log(lines.map((line) => line.trimEnd()).join("\n"));
}

const work = mkdtempSync(join(tmpdir(), "tcptrace-shot-"));
cpSync(join(root, "scripts/workload/leaker.py"), join(work, "api.py"));
// A process is called what the file is called that it was started from.
symlinkSync(
  realpathSync(execFileSync("python3", ["-c", "import sys; print(sys.executable)"]).toString().trim()),
  join(work, "api"),
);
const churn = spawnChild(buildChurn(), ["100000000", "300"], { detached: true, stdio: "ignore" });
const terminal = new headless.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
const top = spawn(process.execPath, [join(root, "build/cli.js"), "top", "--stuck-after", "5s"], {
  cols: COLUMNS,
  rows: ROWS,
  name: "xterm-256color",
  env: { ...process.env, TERM: "xterm-256color", LANG: "C.UTF-8" },
});
top.onData((data) => terminal.write(data));
await sleep(8000);
const leaker = spawnChild("./api", ["api.py", "fill", "2", "1024", "10"], {
  cwd: work,
  stdio: ["pipe", "ignore", "inherit"],
});
await sleep(WATCH_MS);
mkdirSync(join(root, "docs"), { recursive: true });
execFileSync("rsvg-convert", ["-o", join(root, "docs/top.png")], { input: svgOf(terminal) });
terminal.resize(TEXT_SIZE.columns, TEXT_SIZE.rows);
top.resize(TEXT_SIZE.columns, TEXT_SIZE.rows);
await sleep(2000);
printScreen();
top.write("\r");
await sleep(500);
top.write("\r");
await sleep(2000);
printScreen();
leaker.kill("SIGKILL");
process.kill(-Number(churn.pid), "SIGKILL");
const ended = new Promise((resolve) => top.onExit(resolve));
top.write("q");
await ended;
rmSync(work, { recursive: true });
