import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Recording } from "#src/recording/read/reader.ts";
import { tick } from "#test/support/events/scenario.ts";
import { write } from "#test/support/events/recordings.ts";

function pipe(): string {
  const folder = mkdtempSync(join(tmpdir(), "tcptrace-input-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  return path;
}

test("a named pipe is read once a process writes to it", async () => {
  const path = pipe();
  const end = new AbortController();
  const opened = Recording.open(path, end.signal);
  const written = writeFile(path, await write([[tick(5)], [tick(6)]]));
  const recording = await opened;
  expect(recording.isPipe).toBe(true);
  const events = [];
  for await (const batch of recording.events(end.signal)) events.push(...batch);
  await written;
  expect(events).toEqual([tick(5), tick(6)]);
  expect(recording.faults.describe()).toEqual([]);
});

test("an abort ends the wait for a pipe that nothing writes to", async () => {
  const end = new AbortController();
  const opened = Recording.open(pipe(), end.signal);
  setTimeout(() => end.abort(), 50);
  const { header, faults } = await opened;
  expect([header, faults.isHeaderDamaged]).toEqual([null, false]);
});
