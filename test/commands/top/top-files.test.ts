import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { stampedName, writeShown } from "#src/commands/top/top-files.ts";
import { TopRecorder } from "#src/commands/top/top-recorder.ts";
import { Model } from "#src/model/fold/model.ts";
import { NO_DATA } from "#src/view/state/top-data.ts";
import { initialUi } from "#src/view/screen/tabs.ts";
import { SECOND, tick, tracing } from "#test/support/events/scenario.ts";
import { leaking } from "#test/support/samples/snapshots.ts";

const ui = initialUi(1000);
const data = { ...NO_DATA, host: "box", snapshot: leaking };

beforeEach(() => {
  const before = process.cwd();
  process.chdir(mkdtempSync(join(tmpdir(), "tcptrace-files-")));
  onTestFinished(() => process.chdir(before));
});

test("the view is written as text and JSON, named by the time of the events", async () => {
  expect(await writeShown(data, ui, 80, () => "www")).toBe(
    "written: tcptrace-20260501T221407Z.txt and tcptrace-20260501T221407Z.json",
  );
  expect(readFileSync("tcptrace-20260501T221407Z.txt", "utf8")).toMatch(/> +812 www +api .*\n +77 www +nginx/);
  expect(JSON.parse(readFileSync("tcptrace-20260501T221407Z.json", "utf8"))).toMatchObject({
    time: "2026-05-01T22:14:07.000000Z",
    host: "box",
    snapshot: { stuck: 38, states: { CLOSE_WAIT: 38 }, processes: [{ pid: 812 }, { pid: 77 }] },
  });
});

test("neither a written view nor a recording follows a link", async () => {
  writeFileSync("victim", "precious");
  symlinkSync("victim", "tcptrace-20260501T221407Z.txt");
  expect(await writeShown(data, ui, 80, () => undefined)).toMatch(/^not written: .*it is a symbolic link/);
  const model = new Model();
  for (const event of [{ kind: "anchor", at: 0, wallMs: leaking.wallMs } as const, tracing(1), tick(SECOND)]) {
    model.fold(event);
  }
  symlinkSync("victim", stampedName("tct.gz", model));
  const recorder = new TopRecorder(model);
  const said: string[] = [];
  recorder.say = (text) => said.push(text);
  recorder.toggle();
  await recorder.settle();
  expect(said).toEqual([expect.stringMatching(/^not recorded: .*it is a symbolic link/)]);
  expect(recorder.state()).toBeNull();
  await recorder.settle();
  expect(said).toHaveLength(1);
  expect(readFileSync("victim", "utf8")).toBe("precious");
});

test("nothing is written before there is data", async () => {
  expect(await writeShown(NO_DATA, ui, 80, () => undefined)).toBe("nothing written: no data yet");
});
