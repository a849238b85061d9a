import { promisify } from "node:util";
import { constants, crc32, deflateRaw, inflateRaw } from "node:zlib";

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/**
 * A compressed recording is a series of gzip members (RFC 1952) of at most half a second each: a reader can read what
 * has been written so far and skip a damaged member, and any gunzip can read all of it. An extra field has the length
 * of the member, so that it can be skipped without being unpacked: `t` `r` 16, then four 32-bit numbers, little-endian:
 * bytes of the member, bytes unpacked, lines with a transition, and the CRC-32 of those three.
 */
const HEAD = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 20, 0, 0x74, 0x72, 16, 0]);
const NUMBERS = 12;
const CHECK = 4;
const TAIL = 8;
const START = HEAD.length + NUMBERS + CHECK;
/** No member of ours is larger, packed or unpacked. */
const LONGEST_MEMBER = 16_777_216;

/** Packs bytes as one member; zlib's `level` from 1, the fastest, to 9. */
export async function packMember(bytes: Buffer, transitions: number, level: number): Promise<Buffer> {
  const packed = await deflate(bytes, { level, memLevel: 9 });
  const head = Buffer.alloc(START);
  HEAD.copy(head);
  head.writeUInt32LE(START + packed.length + TAIL, HEAD.length);
  head.writeUInt32LE(bytes.length, HEAD.length + 4);
  head.writeUInt32LE(transitions, HEAD.length + 8);
  head.writeUInt32LE(checkOf(head), HEAD.length + NUMBERS);
  const tail = Buffer.alloc(TAIL);
  tail.writeUInt32LE(crc32(bytes), 0);
  tail.writeUInt32LE(bytes.length % 2 ** 32, 4);
  return Buffer.concat([head, packed, tail]);
}

function checkOf(head: Buffer): number {
  return crc32(head.subarray(HEAD.length, HEAD.length + NUMBERS));
}

/** Whether these bytes begin a member of ours; the first sixteen are enough. */
export function beginsMember(bytes: Buffer): boolean {
  return bytes.length >= HEAD.length && bytes.subarray(0, HEAD.length).equals(HEAD);
}

/** A member's bytes, or the number of bytes that were skipped and of transitions in them. */
export type Unpacked =
  | { readonly bytes: Buffer }
  | { readonly skippedBytes: number; readonly transitions: number; readonly isCut: boolean };

/** Unpacks members one after another. Skips what is damaged, up to the next intact member. */
export async function* unpackMembers(input: AsyncIterable<Buffer>): AsyncGenerator<Unpacked, void, void> {
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of input) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    for (;;) {
      const start = held.indexOf(HEAD);
      const garbage = start < 0 ? Math.max(0, held.length - HEAD.length + 1) : start;
      if (garbage > 0) yield { skippedBytes: garbage, transitions: 0, isCut: false };
      held = held.subarray(garbage);
      if (start < 0 || held.length < START) break;
      const length = held.readUInt32LE(HEAD.length);
      const isPossible = length >= START + TAIL && length <= LONGEST_MEMBER && isSound(held);
      if (isPossible && held.length < length) break;
      const bytes = isPossible ? await unpack(held.subarray(0, length)) : null;
      if (bytes !== null) {
        yield { bytes };
        held = held.subarray(length);
        continue;
      }
      // Trust the length of a damaged member only if another member begins right after it.
      const skipped = isPossible && beginsMember(held.subarray(length)) ? length : HEAD.length;
      const transitions = skipped === length ? held.readUInt32LE(HEAD.length + 8) : 0;
      yield { skippedBytes: skipped, transitions, isCut: false };
      held = held.subarray(skipped);
    }
  }
  if (held.length > 0) yield* unpackCut(held);
}

/** Whether the numbers at the start of a member are undamaged. */
function isSound(member: Buffer): boolean {
  return member.readUInt32LE(HEAD.length + NUMBERS) === checkOf(member);
}

/** Unpacks as much as possible of a last member that is cut off. */
async function* unpackCut(held: Buffer): AsyncGenerator<Unpacked, void, void> {
  if (beginsMember(held) && held.length > START) {
    const packed = held.subarray(START);
    const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: LONGEST_MEMBER };
    const bytes = await inflate(packed, options).catch(() => null);
    if (bytes !== null && bytes.length > 0) yield { bytes };
  }
  yield { skippedBytes: held.length, transitions: 0, isCut: true };
}

async function unpack(member: Buffer): Promise<Buffer | null> {
  const packed = member.subarray(START, member.length - TAIL);
  const bytes = await inflate(packed, { maxOutputLength: LONGEST_MEMBER }).catch(() => null);
  if (bytes === null || crc32(bytes) !== member.readUInt32LE(member.length - TAIL)) return null;
  return bytes;
}
