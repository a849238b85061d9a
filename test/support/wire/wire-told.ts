import type { Accept, Transition } from "#src/model/events/event.ts";
import { WireDecoder } from "#src/wire/wire.ts";

/** What the decoder told of, in order. */
export type Told =
  | { readonly event: Transition | Accept; readonly cpu: number }
  | { readonly heartbeat: readonly [cpu: number, sent: readonly number[], at: number] }
  | { readonly answer: readonly [cpu: number, emitted: number, at: number] }
  | { readonly final: readonly [cpu: number, pair: number, sent: number] }
  | { readonly anchor: number }
  | "malformed";

/** A decoder and the list that fills as it reads. */
export function newDecoder(): { decoder: WireDecoder; told: Told[] } {
  const told: Told[] = [];
  const decoder = new WireDecoder({
    event: (line, cpu) => told.push({ event: line.event(), cpu }),
    heartbeat: (cpu, sent, at) => told.push({ heartbeat: [cpu, [...sent], at] }),
    finalCount: (cpu, pair, sent) => told.push({ final: [cpu, pair, sent] }),
    answer: (cpu, emitted, _held, at) => {
      told.push({ answer: [cpu, emitted, at] });
      return true;
    },
    anchor: (at) => told.push({ anchor: at }),
    malformed: () => told.push("malformed"),
  });
  return { decoder, told };
}

/** What a new decoder tells of these chunks. */
export function decode(...chunks: readonly (Uint8Array | string)[]): Told[] {
  const { decoder, told } = newDecoder();
  for (const chunk of chunks) decoder.push(Buffer.from(chunk));
  return told;
}

/** Chunks of these bytes, cut at these places. */
export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}
