import { UserError } from "../../base/errors.ts";
import type { Model } from "../../model/fold/model.ts";
import { isTcpState, stateName } from "../../model/net/tcp-state.ts";
import { OutputFile, findCaller, isFull } from "../../recording/write/output-file.ts";
import { lineText } from "../../view/format/frame.ts";
import type { UserName } from "../../view/format/table.ts";
import { isoTime } from "../../view/format/time.ts";
import { VIEWS } from "../../view/screen/views.ts";
import type { TopData } from "../../view/state/top-data.ts";
import { type TopUi, levelOf } from "../../view/state/top-ui.ts";
import { topFrame, topList } from "../../view/top-frame.ts";

const MOST_ROWS = 10_000;
const LEAST_COLUMNS = 160;
/** Lines above and below the rows. */
const OTHER_LINES = 40;

/** `tcptrace-20260501T221407Z.txt`, in the working directory; the time is that of the events. */
export function stampedName(extension: string, model: Pick<Model, "now" | "wallMs">): string {
  return stamped(extension, model.wallMs(model.now));
}

function stamped(extension: string, wallMs: number): string {
  const time = new Date(wallMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, "");
  return `tcptrace-${time}Z.${extension}`;
}

/** Writes all rows of the view as text and as JSON. Returns a message: the file names, or why it failed. */
export async function writeShown(data: TopData, ui: TopUi, columns: number, userName: UserName): Promise<string> {
  if (data.snapshot === null) return "nothing written: no data yet";
  const { wallMs } = data.snapshot;
  const [text, json] = [stamped("txt", wallMs), stamped("json", wallMs)];
  try {
    await writeFile(text, shownText(data, ui, columns, userName));
    await writeFile(json, `${JSON.stringify(shownJson(data, ui), null, 2)}\n`);
    return `written: ${text} and ${json}`;
  } catch (error) {
    if (isFull(error)) return "nothing written: the disk is full";
    if (error instanceof UserError) return `not written: ${error.message}`;
    throw error;
  }
}

async function writeFile(path: string, text: string): Promise<void> {
  const file = await OutputFile.open(path, findCaller(process.env));
  try {
    await file.write(Buffer.from(text));
  } finally {
    await file.close();
  }
}

function shownText(data: TopData, ui: TopUi, columns: number, userName: UserName): string {
  const wide = Math.max(columns, LEAST_COLUMNS);
  const { length } = topList(data, ui, { columns: wide, rows: OTHER_LINES });
  const size = { columns: wide, rows: Math.min(length, MOST_ROWS) + OTHER_LINES };
  const frame = topFrame(data, { ...ui, help: null, status: "" }, size, userName);
  const lines = frame.slice(0, -1).map((line) => lineText(line).trimEnd());
  const shown = lines.filter((line, index) => line !== "" || lines[index - 1] !== "");
  return `${shown.join("\n")}\n`;
}

function shownJson(data: TopData, ui: TopUi): unknown {
  const { host, snapshot, findings, messages } = data;
  const { place } = levelOf(ui);
  const states = Object.fromEntries(
    (snapshot?.states ?? []).flatMap((number, state) => (isTcpState(state) ? [[stateName(state), number]] : [])),
  );
  return {
    time: isoTime(snapshot?.wallMs ?? 0),
    host,
    view: place.kind === "tab" ? { kind: place.tab } : place,
    filter: ui.filter.text,
    snapshot: { ...snapshot, states },
    findings,
    ...answersJson(data),
    messages: messages.map(({ wallMs, text }) => ({ time: isoTime(wallMs), text })),
  };
}

/** A field for each question; null for all but the one that the current view asks. */
function answersJson(data: TopData): Record<string, unknown> {
  const questions = new Set(VIEWS.flatMap(({ question }) => question ?? []));
  const fields = Array.from(questions, (question): [string, unknown] => [
    question.name,
    question.json(data, MOST_ROWS),
  ]);
  return Object.fromEntries(fields.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
