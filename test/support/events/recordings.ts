import type { TraceEvent } from "#src/model/events/event.ts";
import { Encoder } from "#src/recording/write/encoder.ts";
import { Faults } from "#src/recording/read/faults.ts";
import { FORMAT, type Header, VERSION } from "#src/recording/format/header.ts";
import { unpack } from "#src/recording/read/input.ts";
import { Packer, type Packing } from "#src/recording/write/packer.ts";
import { Recording } from "#src/recording/read/reader.ts";
import type { Sink } from "#src/recording/write/sink.ts";

export const HEADER: Header = {
  format: FORMAT,
  version: VERSION,
  tcptrace: "0.1.0",
  host: "here",
  kernel: "6.1.0",
  arch: "x64",
  bootId: null,
  bootNanos: 0,
  wallMs: 1.7e12,
  file: 0,
  source: "bpf",
  sysctls: { "net.ipv4.tcp_fin_timeout": "60" },
  users: { "0": "root" },
};

/** A sink that keeps everything written to it. */
export class Memory implements Sink {
  readonly chunks: Buffer[] = [];
  bytes = 0;

  async write(bytes: Buffer): Promise<void> {
    this.chunks.push(Buffer.from(bytes));
    this.bytes += bytes.length;
  }

  async close(): Promise<void> {}
}

/** The bytes of a recording, with one block for each batch of events. */
export async function write(batches: readonly (readonly TraceEvent[])[], packing: Packing = "none"): Promise<Buffer> {
  const memory = new Memory();
  const packer = new Packer(memory, packing);
  const encoder = new Encoder((block) => packer.push(block));
  encoder.line(HEADER);
  encoder.seal();
  await packer.flush(true);
  for (const batch of batches) {
    for (const event of batch) encoder.event(event);
    encoder.seal();
    await packer.flush(true);
  }
  encoder.line({ kind: "end", bytes: 0, transitions: 0 });
  encoder.seal();
  await packer.flush(true);
  return Buffer.concat(memory.chunks);
}

export interface Read {
  readonly events: TraceEvent[];
  readonly faults: Faults;
  readonly header: Header | null;
}

/** An open recording of these bytes, which arrive in pieces of the given size. */
export async function openBytes(bytes: Buffer, piece = 65_536, isPipe = false): Promise<Recording> {
  const faults = new Faults();
  async function* chunks(): AsyncGenerator<Buffer, void, void> {
    for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
  }
  const input = { pieces: unpack(chunks(), "it", faults), isPipe, close: () => {} };
  return Recording.of("it", faults, input, new AbortController().signal);
}

/** Reads everything in these bytes. */
export async function read(bytes: Buffer, piece?: number): Promise<Read> {
  const recording = await openBytes(bytes, piece);
  const events: TraceEvent[] = [];
  for await (const batch of recording.events(new AbortController().signal)) events.push(...batch);
  return { events, faults: recording.faults, header: recording.header };
}
