import { expect, test } from "vitest";
import type { TraceEvent } from "../../src/model/event.ts";
import { Model } from "../../src/model/model.ts";
import { TCP } from "../../src/model/tcp-state.ts";
import { OutputFile, findCaller } from "../../src/recording/output-file.ts";
import { Recorder } from "../../src/recording/recorder.ts";
import { SECOND, tick, tracing, transition } from "../model/scenario.ts";
import { HEADER, Memory, read } from "./recordings.ts";

/** A disk with room for so many writes. */
class Disk extends Memory {
  room = Infinity;

  override async write(bytes: Buffer): Promise<void> {
    if (this.room-- <= 0) throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    await super.write(bytes);
  }

  async clear(): Promise<void> {
    this.chunks.length = 0;
    this.bytes = 0;
  }
}

const sameHeader = (): typeof HEADER => HEADER;

interface Run {
  readonly recorder: Recorder;
  readonly give: (...events: TraceEvent[]) => Promise<boolean>;
}

async function start(disks: readonly Disk[], onFull: "stop" | "drop", maxBytes: number | null = null): Promise<Run> {
  const model = new Model();
  const open = async (index: number): Promise<Disk> => disks[index] ?? new Disk();
  const limits = { maxBytes, maxNanos: null };
  const recorder = await Recorder.start({ open, header: sameHeader, packing: "none", onFull, ...limits }, model.tables);
  const give = async (...events: TraceEvent[]): Promise<boolean> => {
    for (const event of events) {
      recorder.event(event);
      model.fold(event);
    }
    return recorder.flush();
  };
  return { recorder, give };
}

/** Longer than a full disk is left alone. */
async function aWhile(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1050));
}

function opened(at: number): TraceEvent {
  return transition(at, TCP.CLOSE, TCP.SYN_SENT);
}

const BEGIN: readonly TraceEvent[] = [{ kind: "anchor", at: 5 * SECOND, wallMs: 1.7e12 }, tracing(5 * SECOND)];

test("a disk that is full while the first file begins leaves no file without its beginning", async () => {
  const disk = new Disk();
  disk.room = 0;
  const { recorder, give } = await start([disk], "drop");
  expect(await give(...BEGIN, opened(6 * SECOND), tick(6 * SECOND))).toBe(true);
  disk.room = Infinity;
  await aWhile();
  await give(tick(8 * SECOND));
  await give(opened(9 * SECOND), tick(9 * SECOND));
  expect(await recorder.end()).toBe(true);
  expect(recorder.dropped).toBe(1);
  const { events, header, faults } = await read(Buffer.concat(disk.chunks));
  expect(header).toEqual(HEADER);
  expect(events.map(({ kind }) => kind)).toEqual(["anchor", "source", "gap", "image", "transition", "tick"]);
  expect(events[2]).toEqual({ kind: "gap", at: 8 * SECOND, from: 5 * SECOND });
  expect(faults.describe()).toEqual([]);
});

test("nor does one that is full while a later file begins", async () => {
  const [first, second] = [new Disk(), new Disk()];
  second.room = 0;
  const { recorder, give } = await start([first, second], "drop", 1);
  await give(...BEGIN, tick(6 * SECOND));
  for (let at = 7; !recorder.isFull; at++) await give(opened(at * SECOND), tick(at * SECOND));
  second.room = Infinity;
  await aWhile();
  await give(tick(900 * SECOND));
  expect(await recorder.end()).toBe(true);
  const { events, header } = await read(Buffer.concat(second.chunks));
  expect(header).toEqual(HEADER);
  expect(events.map(({ kind }) => kind).slice(0, 4)).toEqual(["anchor", "source", "gap", "image"]);
});

test("a disk that is full at the end is told", async () => {
  const disk = new Disk();
  const { recorder, give } = await start([disk], "stop");
  expect(await give(...BEGIN, tick(6 * SECOND))).toBe(true);
  disk.room = 0;
  expect(await recorder.end()).toBe(false);
});

test("a disk that is full at the begin is no bug, nor is one that fails", async () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, open 'x'"), { code: "ENOSPC" });
  const options = { header: sameHeader, packing: "none", maxBytes: null, maxNanos: null, onFull: "stop" } as const;
  const started = Recorder.start({ ...options, open: async () => Promise.reject(full) }, new Model().tables);
  await expect(started).rejects.toMatchObject({ name: "UserError", message: /disk is full/ });
  const file = await OutputFile.open("/dev/null", findCaller({}));
  await file.close();
  await expect(file.write(Buffer.from("x"))).rejects.toMatchObject({
    name: "UserError",
    message: expect.stringMatching(/^cannot write \/dev\/null: /),
  });
});
