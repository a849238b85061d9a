// Takes a screenshot of `tcptrace top` as docs/top.png, and prints a smaller screen and a socket's timeline as text.
//
// usage: npm run screenshot     as root; needs rsvg-convert (Debian: librsvg2-bin)
//
// Runs a client that leaks sockets, one that opens and closes 300 per second, and top on a pseudo-terminal for half a
// minute. The screen of a terminal emulator becomes an SVG, with a rectangle per run of a style and a text per word,
// then a PNG.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { spawn } from "@lydell/node-pty";
import headless from "@xterm/headless";
import { startInBackground } from "../bench/measure/background.ts";
import { scratchFile } from "../bench/measure/scratch.ts";
import { startChurn } from "../bench/measure/workload.ts";
import { CLI, PROJECT, WORKLOADS } from "../project.ts";

const COLUMNS = 112;
const ROWS = 32;
const TEXT_SIZE = { columns: 98, rows: 20 };
const WATCH_MS = 40_000;
/* The advance of DejaVu Sans Mono is 1233/2048 of its size. */
const CELL = { width: 8, height: 17, base: 13, size: (8 * 2048) / 1233 };
const GROUND = "#14171c";
const TEXT = "#d5d8dc";
const PALETTE = ["#14171c", "#f7665e", "#7fc97a", "#e5c454", "#6aa5f8", "#c792ea", "#5ec4c8", "#d5d8dc"];
/** The greys of the 256-colour palette start here. */
const FIRST_GREY = 232;
const CUBE = [0, 95, 135, 175, 215, 255];

interface Style {
  readonly fill: string;
  readonly ground: string;
  readonly bold: boolean;
  readonly underline: boolean;
}

/** Adjacent cells with the same style. */
interface Run {
  readonly x: number;
  readonly y: number;
  readonly style: Style;
  text: string;
}

function paletteColor(index: number): string {
  if (index < 16) return PALETTE[index % PALETTE.length] ?? TEXT;
  if (index >= FIRST_GREY) return `rgb(${[0, 0, 0].map(() => 8 + (index - FIRST_GREY) * 10).join()})`;
  return `rgb(${[36, 6, 1].map((unit) => CUBE[Math.floor((index - 16) / unit) % CUBE.length]).join()})`;
}

function trueColor(value: number): string {
  return `#${value.toString(16).padStart(6, "0")}`;
}

function foreground(cell: headless.IBufferCell): string {
  if (cell.isFgDefault()) return TEXT;
  return cell.isFgPalette() ? paletteColor(cell.getFgColor()) : trueColor(cell.getFgColor());
}

function background(cell: headless.IBufferCell): string {
  if (cell.isBgDefault()) return GROUND;
  return cell.isBgPalette() ? paletteColor(cell.getBgColor()) : trueColor(cell.getBgColor());
}

function styleOf(cell: headless.IBufferCell): Style {
  const [front, back] = [foreground(cell), background(cell)];
  const [fill, ground] = cell.isInverse() === 0 ? [front, back] : [back, front];
  return { fill, ground, bold: cell.isBold() !== 0, underline: cell.isUnderline() !== 0 };
}

function isSame(one: Style, other: Style): boolean {
  return (
    one.fill === other.fill &&
    one.ground === other.ground &&
    one.bold === other.bold &&
    one.underline === other.underline
  );
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function runSvg({ x, y, text, style }: Run): string {
  const at = { x: x * CELL.width, y: y * CELL.height, width: text.length * CELL.width };
  const ground =
    style.ground === GROUND
      ? ""
      : `<rect x="${at.x}" y="${at.y}" width="${at.width}" height="${CELL.height}" fill="${style.ground}"/>`;
  if (text.trim() === "") return ground;
  const look = `${style.bold ? ' font-weight="bold"' : ""}${style.underline ? ' text-decoration="underline"' : ""}`;
  // Per word, and per Braille character, because these come from a font with a different width.
  const words = Array.from(text.matchAll(/[\u2800-\u28ff]|[^\s\u2800-\u28ff]+/gu), ({ 0: word, index }) => {
    const left = (x + index) * CELL.width;
    return `<text x="${left}" y="${at.y + CELL.base}" fill="${style.fill}"${look}>${escape(word)}</text>`;
  });
  return ground + words.join("");
}

function runsOf(terminal: headless.Terminal): Run[] {
  const runs: Run[] = [];
  const { active } = terminal.buffer;
  for (let y = 0; y < ROWS; y += 1) {
    for (let x = 0; x < COLUMNS; x += 1) {
      const cell = active.getLine(active.baseY + y)?.getCell(x);
      if (cell === undefined) continue;
      const style = styleOf(cell);
      const last = runs.at(-1);
      const text = cell.getChars() || " ";
      if (last?.y === y && isSame(last.style, style)) last.text += text;
      else runs.push({ x, y, text, style });
    }
  }
  return runs;
}

function svgOf(terminal: headless.Terminal): string {
  const [width, height] = [COLUMNS * CELL.width + 16, ROWS * CELL.height + 16];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
<rect width="100%" height="100%" fill="${GROUND}"/>
<g transform="translate(8 8)" font-family="DejaVu Sans Mono" font-size="${CELL.size}" xml:space="preserve">
${runsOf(terminal).map(runSvg).join("\n")}
</g></svg>`;
}

function printScreen(terminal: headless.Terminal): void {
  const { active } = terminal.buffer;
  const lines = Array.from(
    { length: TEXT_SIZE.rows },
    (_, y) =>
      active
        .getLine(active.baseY + y)
        ?.translateToString(true)
        .trimEnd() ?? "",
  );
  console.log(lines.join("\n"));
}

/** The leaking client as `api`: a copy under that name, since the process name comes from the file name. */
function prepareApi(): string {
  const api = scratchFile("api");
  const python = execFileSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).trim();
  symlinkSync(realpathSync(python), api);
  cpSync(join(WORKLOADS, "leaker.py"), scratchFile("api.py"));
  return dirname(api);
}

const folder = prepareApi();
const churn = startChurn(300);
const terminal = new headless.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
const top = spawn(process.execPath, [CLI, "top", "--stuck-after", "5s"], {
  cols: COLUMNS,
  rows: ROWS,
  name: "xterm-256color",
  env: { ...process.env, TERM: "xterm-256color", LANG: "C.UTF-8" },
});
top.onData((data) => terminal.write(data));
await sleep(8000);
const words = ["-c", 'cd "$0" && exec ./api api.py fill 2 1024 10', folder];
const leaker = startInBackground("sh", words, ["pipe", "ignore", "inherit"]);
await sleep(WATCH_MS);
mkdirSync(join(PROJECT, "docs"), { recursive: true });
execFileSync("rsvg-convert", ["-o", join(PROJECT, "docs/top.png")], { input: svgOf(terminal) });
terminal.resize(TEXT_SIZE.columns, TEXT_SIZE.rows);
top.resize(TEXT_SIZE.columns, TEXT_SIZE.rows);
await sleep(2000);
printScreen(terminal);
top.write("\r");
await sleep(500);
top.write("\r");
await sleep(2000);
printScreen(terminal);
await leaker.stop("SIGKILL");
await churn.stop("SIGKILL");
const ended = new Promise((resolve) => {
  top.onExit(resolve);
});
top.write("q");
await ended;
