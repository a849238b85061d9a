import { promisify } from "node:util";
import { constants, crc32, deflateRaw, inflateRaw } from "node:zlib";

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/**
 * Compressed recordings are gzip members (RFC 1952), a moment each, so that what is written can be read, a damaged one
 * passed over, and any gunzip reads it all. The extra field tells a member's length without unpacking it:
 * `t` `r` 16, then four 32-bit numbers, little-endian: bytes of the member, bytes unpacked, lines with a transition, and the
 * CRC-32 of those three.
 */
const HEAD = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 20, 0, 0x74, 0x72, 16, 0]);
const NUMBERS = 12;
const CHECK = 4;
const TAIL = 8;
const START = HEAD.length + NUMBERS + CHECK;
/** No member of ours is longer, packed or not. */
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

/** Whether these bytes, of which sixteen are enough, begin a member of ours. */
export function beginsMember(bytes: Buffer): boolean {
  return bytes.length >= HEAD.length && bytes.subarray(0, HEAD.length).equals(HEAD);
}

/** A member's bytes; or what was in the way, as so many bytes passed over and so many transitions in them. */
export type Unpacked =
  | { readonly bytes: Buffer }
  | { readonly skippedBytes: number; readonly transitions: number; readonly isCut: boolean };

/** Unpacks members one after another. What is damaged is passed over to the next that is whole. */
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
      // The next member is where this one says, if it is to be believed.
      const skipped = isPossible && beginsMember(held.subarray(length)) ? length : HEAD.length;
      const transitions = skipped === length ? held.readUInt32LE(HEAD.length + 8) : 0;
      yield { skippedBytes: skipped, transitions, isCut: false };
      held = held.subarray(skipped);
    }
  }
  if (held.length > 0) yield* unpackCut(held);
}

/** Whether the numbers at a member's begin are what they were. */
function isSound(member: Buffer): boolean {
  return member.readUInt32LE(HEAD.length + NUMBERS) === checkOf(member);
}

/** The last member where it is not whole: as much as can be unpacked. */
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
