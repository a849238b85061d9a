import { constants, createReadStream, fstatSync, openSync, statSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { debug } from "../../base/debug.ts";
import { UserError } from "../../base/errors.ts";
import { reasonOf } from "../../base/reason.ts";
import { beginsMember, unpackMembers } from "../format/gzip.ts";
import { newZstdUnpacker } from "../format/zstd.ts";
import type { Faults } from "./faults.ts";

const CHUNK_BYTES = 262_144;
const MAGIC_BYTES = 16;
const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** Plain bytes of a recording, or a number of transitions that could not be unpacked. */
export type Piece = Buffer | { readonly lost: number };

/** An open recording's bytes. `close` ends a pending read. */
export interface Input {
  readonly pieces: AsyncIterable<Piece>;
  readonly isPipe: boolean;
  close(): void;
}

/** Opens a file, or stdin for `-`, and unpacks it as its first bytes require. Throws UserError if it can't be read. */
export function openInput(path: string, faults: Faults): Input {
  const { stream, isPipe } = path === "-" ? { stream: process.stdin, isPipe: true } : openFile(path);
  let isClosed = false;
  const close = (): void => {
    isClosed = true;
    stream.destroy();
  };
  return {
    pieces: unpack(
      chunksOf(stream, () => isClosed),
      path,
      faults,
    ),
    isPipe,
    close,
  };
}

function openFile(path: string): { stream: Readable; isPipe: boolean } {
  let fd: number;
  try {
    // Opening a pipe would block until another process writes to it.
    const isPipe = statSync(path).isFIFO();
    fd = openSync(path, constants.O_RDONLY | (isPipe ? constants.O_NONBLOCK : 0));
  } catch (error) {
    throw new UserError("cannot-read", `cannot read ${path}: ${reasonOf(error)}`, "pass a recording to -r");
  }
  const stat = fstatSync(fd);
  if (stat.isDirectory()) throw new UserError("cannot-read", `${path} is a directory`, "pass a recording to -r");
  // A socket waits for a pipe without blocking a thread, which could not be interrupted.
  if (stat.isFIFO()) return { stream: new Socket({ fd, readable: true, writable: false }), isPipe: true };
  return { stream: createReadStream(path, { fd, highWaterMark: CHUNK_BYTES }), isPipe: !stat.isFile() };
}

/** The chunks up to the end of the stream, or until it is closed. */
async function* chunksOf(stream: Readable, isClosed: () => boolean): AsyncGenerator<Buffer, void, void> {
  try {
    for await (const chunk of stream) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
  } catch (error) {
    if (!isClosed())
      throw new UserError(
        "read-failed",
        `cannot read the rest of the recording: ${reasonOf(error)}`,
        "check that the file still exists",
      );
  }
}

/** Unpacks chunks in any of the formats; plain ones stay as they are. */
export async function* unpack(
  chunks: AsyncGenerator<Buffer, void, void>,
  path: string,
  faults: Faults,
): AsyncGenerator<Piece, void, void> {
  let first: Buffer = Buffer.alloc(0);
  while (first.length < MAGIC_BYTES) {
    const next = await chunks.next();
    if (next.done === true) break;
    first = Buffer.concat([first, next.value]);
  }
  const all = joined(first, chunks);
  if (beginsMember(first)) yield* members(all, faults);
  else if (first.subarray(0, GZIP.length).equals(GZIP)) yield* streamed(all, createGunzip(), faults);
  else if (first.subarray(0, ZSTD.length).equals(ZSTD)) yield* streamed(all, zstd(path), faults);
  else yield* all;
}

function zstd(path: string): NodeJS.ReadWriteStream {
  if (newZstdUnpacker !== null) return newZstdUnpacker();
  throw new UserError(
    "no-zstd",
    `${path} is compressed with zstd, which this Node.js does not support`,
    "decompress it: zstd -dc FILE | tcptrace … -r -",
  );
}

async function* joined(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  yield first;
  yield* rest;
}

async function* members(input: AsyncIterable<Buffer>, faults: Faults): AsyncGenerator<Piece, void, void> {
  for await (const unpacked of unpackMembers(input)) {
    if ("bytes" in unpacked) yield unpacked.bytes;
    else {
      if (unpacked.isCut) faults.isCut = true;
      else faults.skippedBytes += unpacked.skippedBytes;
      if (unpacked.transitions > 0) yield { lost: unpacked.transitions };
    }
  }
}

/** Unpacks a file that another program has compressed, up to its end or the first error. */
async function* streamed(
  input: AsyncIterable<Buffer>,
  unpacker: NodeJS.ReadWriteStream,
  faults: Faults,
): AsyncGenerator<Piece, void, void> {
  const fed = feed(input, unpacker);
  try {
    for await (const chunk of unpacker) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
  } catch (error) {
    debug("the rest of the recording cannot be unpacked", error);
    faults.isCut = true;
  }
  await fed;
}

async function feed(input: AsyncIterable<Buffer>, unpacker: NodeJS.ReadWriteStream): Promise<void> {
  let isOver = false;
  unpacker.on("close", () => (isOver = true));
  unpacker.on("error", () => (isOver = true));
  for await (const chunk of input) {
    if (isOver) return;
    if (!unpacker.write(chunk)) {
      await new Promise<void>((resolve) => {
        for (const event of ["drain", "error", "close"]) unpacker.once(event, () => resolve());
      });
    }
  }
  if (!isOver) unpacker.end();
}
