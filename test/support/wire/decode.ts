import type { Accept, Transition } from "#src/model/events/event.ts";
import { WireDecoder } from "#src/wire/wire.ts";

/** The results of the decoder, in order. */
export type Decoded =
  | { readonly event: Transition | Accept; readonly cpu: number }
  | { readonly heartbeat: readonly [cpu: number, sent: readonly number[], at: number] }
  | { readonly answer: readonly [cpu: number, emitted: number, at: number] }
  | { readonly final: readonly [cpu: number, pair: number, sent: number] }
  | { readonly anchor: number }
  | "malformed";

/** A decoder, and the list that it fills. */
export function newDecoder(): { decoder: WireDecoder; decoded: Decoded[] } {
  const decoded: Decoded[] = [];
  const decoder = new WireDecoder({
    event: (line, cpu) => decoded.push({ event: line.event(), cpu }),
    heartbeat: (cpu, sent, at) => decoded.push({ heartbeat: [cpu, [...sent], at] }),
    finalCount: (cpu, pair, sent) => decoded.push({ final: [cpu, pair, sent] }),
    answer: (cpu, emitted, _held, at) => {
      decoded.push({ answer: [cpu, emitted, at] });
      return true;
    },
    anchor: (at) => decoded.push({ anchor: at }),
    malformed: () => decoded.push("malformed"),
  });
  return { decoder, decoded };
}

/** Decodes these chunks with a new decoder. */
export function decode(...chunks: readonly (Uint8Array | string)[]): Decoded[] {
  const { decoder, decoded } = newDecoder();
  for (const chunk of chunks) decoder.push(Buffer.from(chunk));
  return decoded;
}

/** Cuts bytes into chunks at these places. */
export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}
