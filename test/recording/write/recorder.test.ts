import { expect, test } from "vitest";
import type { TraceEvent } from "#src/model/events/event.ts";
import { Model } from "#src/model/fold/model.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { OutputFile, findCaller } from "#src/recording/write/output-file.ts";
import { Recorder } from "#src/recording/write/recorder.ts";
import { buildSnapshot } from "#src/model/reports/build-snapshot.ts";
import { SECOND, survey, taskOf, tick, tracing, transition } from "#test/support/events/scenario.ts";
import { HEADER, Memory, read } from "#test/support/events/recordings.ts";

/** A disk with room for `room` writes. */
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
  const recorder = await Recorder.start({ open, header: sameHeader, packing: "none", onFull, ...limits }, model);
  const give = async (...events: TraceEvent[]): Promise<boolean> => {
    for (const event of events) {
      recorder.event(event);
      model.fold(event);
    }
    return recorder.flush();
  };
  return { recorder, give };
}

/** Waits longer than the interval at which a full disk is tried again. */
async function aWhile(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1050));
}

function opened(at: number): TraceEvent {
  return transition(at, TCP.CLOSE, TCP.SYN_SENT);
}

const BEGIN: readonly TraceEvent[] = [{ kind: "anchor", at: 5 * SECOND, wallMs: 1.7e12 }, tracing(5 * SECOND)];

test("a disk that fills up while the first file begins leaves no file with half a beginning", async () => {
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

test("nor does one that fills up while a later file begins", async () => {
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

test("a disk that is full at the end is reported", async () => {
  const disk = new Disk();
  const { recorder, give } = await start([disk], "stop");
  expect(await give(...BEGIN, tick(6 * SECOND))).toBe(true);
  disk.room = 0;
  expect(await recorder.end()).toBe(false);
});

test("a disk that is full at the start, or fails, is not a bug", async () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, open 'x'"), { code: "ENOSPC" });
  const options = { header: sameHeader, packing: "none", maxBytes: null, maxNanos: null, onFull: "stop" } as const;
  const started = Recorder.start({ ...options, open: async () => Promise.reject(full) }, new Model());
  await expect(started).rejects.toMatchObject({ name: "UserError", message: /disk is full/ });
  const file = await OutputFile.open("/dev/null", findCaller({}));
  await file.close();
  await expect(file.write(Buffer.from("x"))).rejects.toMatchObject({
    name: "UserError",
    message: expect.stringMatching(/^cannot write \/dev\/null: /),
  });
});

function connected(at: number, address: number, localPort: number): TraceEvent[] {
  return [
    transition(at, TCP.CLOSE, TCP.SYN_SENT, { address, localPort, task: taskOf(7) }),
    transition(at + 1, TCP.SYN_SENT, TCP.ESTABLISHED, { address, localPort }),
  ];
}

function picture({ tables }: Model): unknown {
  const { wallMs, states, stuck, processes, sourceDetail } = buildSnapshot(tables, 60_000);
  const rows = processes.map(({ pid, comm, established, closeWait }) => ({ pid, comm, established, closeWait }));
  return { wallMs, states, stuck, rows, sourceDetail };
}

test("a recording that begins in the middle of a run shows the same as the run", async () => {
  const model = new Model();
  const disk = new Disk();
  let recorder: Recorder | null = null;
  const give = (...events: TraceEvent[]): void => {
    for (const event of events) {
      recorder?.event(event);
      model.fold(event);
    }
  };
  const empty = survey(5 * SECOND, []);
  give(...BEGIN, empty, ...connected(6 * SECOND, 1, 1001), ...connected(7 * SECOND, 2, 1002), tick(8 * SECOND));
  const limits = { maxBytes: null, maxNanos: null, packing: "none", onFull: "stop" } as const;
  recorder = await Recorder.join({ open: async () => disk, header: sameHeader, ...limits }, model);
  expect(await recorder.flush()).toBe(true);
  give(transition(9 * SECOND, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { address: 2, localPort: 1002 }), tick(80 * SECOND));
  expect(await recorder.flush()).toBe(true);
  expect(await recorder.end()).toBe(true);
  const { events, header, faults } = await read(Buffer.concat(disk.chunks));
  expect([header, faults.describe()]).toEqual([HEADER, []]);
  const again = new Model();
  for (const event of events) again.fold(event);
  expect(picture(again)).toEqual(picture(model));
  expect(picture(again)).toMatchObject({ stuck: 1, rows: [{ pid: 7, established: 1, closeWait: 1 }] });
});
