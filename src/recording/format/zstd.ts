import type { Transform } from "node:stream";
import * as zlib from "node:zlib";

/** Zstandard (RFC 8878), which Node has since 22.15 and 23.8; null in older versions. */
export const packZstd = findPacker();
export const newZstdUnpacker = findUnpacker();

function findPacker(): ((bytes: Buffer) => Promise<Buffer>) | null {
  const compress: unknown = Reflect.get(zlib, "zstdCompress");
  if (typeof compress !== "function") return null;
  return async (bytes) =>
    new Promise((resolve, reject) => {
      Reflect.apply(compress, zlib, [
        bytes,
        (error: Error | null, packed: Buffer) => (error === null ? resolve(packed) : reject(error)),
      ]);
    });
}

function findUnpacker(): (() => Transform) | null {
  const create: unknown = Reflect.get(zlib, "createZstdDecompress");
  if (typeof create !== "function") return null;
  return () => {
    const stream: Transform = Reflect.apply(create, zlib, []);
    return stream;
  };
}
