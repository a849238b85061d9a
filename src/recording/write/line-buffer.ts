import { GrowingBytes } from "../../base/growing-bytes.ts";
import type { Accept, Task, Transition } from "../../model/events/event.ts";
import type { Address } from "../../model/net/address.ts";
import { NO_DESCRIPTOR, evidenceBits } from "../../wire/evidence.ts";

const SPACE = 32;
const BAR = 124;
const NEWLINE = 10;
const HEX = Buffer.from("0123456789abcdef");
/** Both digits of a byte. */
const HIGH_DIGIT = Uint8Array.from({ length: 256 }, (_, byte) => HEX[byte >>> 4] ?? 0);
const LOW_DIGIT = Uint8Array.from({ length: 256 }, (_, byte) => HEX[byte & 15] ?? 0);
const TWO_32 = 4_294_967_296;
/** The letters of probes/README.md. */
const [ANCHOR, ACCEPT, V4, V4_TASK, V6, V6_TASK] = Buffer.from("ACtTuU");
const V4_MAPPED = "00000000000000000000ffff";

/** Enough for any line with an event: nine numbers, and a name of at most 60 bytes once it is safe. */
const LONGEST_EVENT = 512;
const MAX_NAMES = 1024;

/** Builds a block of lines, as bytes. Lines with an event have the format of probes/README.md, with relative times. */
export class LineBuffer extends GrowingBytes {
  /** The time of the last line that has one; null at the start of a block. */
  #base: number | null = null;
  readonly #names = new Map<string, Buffer>();

  /** The block's bytes; the next one begins empty. */
  override take(): Buffer {
    this.#base = null;
    return super.take();
  }

  transition(event: Transition): void {
    const { evidence, task, localAddress, remoteAddress } = event;
    this.reserve(LONGEST_EVENT);
    const isV4 = typeof localAddress === "number" && typeof remoteAddress === "number";
    const since = this.#since(event.at);
    this.byte((isV4 ? (task === null ? V4 : V4_TASK) : task === null ? V6 : V6_TASK) ?? 0);
    this.#number(since);
    const bits = evidence === null ? 0 : 8 | evidenceBits(evidence);
    const low = ((event.address % 65_536) << 16) | (event.from << 12) | (event.to << 8) | bits;
    this.#pair(Math.floor(event.address / 65_536), low >>> 0);
    this.#pair(event.netns ?? 0, ((event.localPort << 16) | event.remotePort) >>> 0);
    const inode = event.inode ?? 0;
    this.#pair(Math.floor(inode / 256), (((inode % 256) << 24) | (evidence?.error ?? 0)) >>> 0);
    if (isV4) this.#pair(swap(remoteAddress), swap(localAddress));
    else {
      this.#address6(localAddress);
      this.#address6(remoteAddress);
    }
    if (task !== null) this.#task(task);
    this.byte(NEWLINE);
  }

  accept(event: Accept): void {
    this.reserve(LONGEST_EVENT);
    const since = this.#since(event.at);
    this.byte(ACCEPT ?? 0);
    this.#number(since);
    this.#pair(Math.floor(event.address / 65_536), ((event.address % 65_536) << 16) >>> 0);
    this.#pair(event.inode, event.fd ?? NO_DESCRIPTOR);
    this.#task(event.task);
    this.byte(NEWLINE);
  }

  /**
   * Nanoseconds since the line before. If there is none, or it is later, a line with the absolute time is written
   * first.
   */
  #since(at: number): number {
    const base = this.#base;
    this.#base = at;
    if (base !== null && at >= base) return at - base;
    this.byte(ANCHOR ?? 0);
    this.byte(SPACE);
    this.#hex(Math.floor(at / TWO_32), 8);
    this.#hex(at % TWO_32, 8);
    this.byte(NEWLINE);
    return 0;
  }

  #task({ pid, uid, comm }: Task): void {
    this.#pair(uid, pid);
    this.byte(SPACE);
    let name = this.#names.get(comm);
    if (name === undefined) {
      if (this.#names.size >= MAX_NAMES) this.#names.clear();
      this.#names.set(comm, (name = Buffer.from(comm)));
    }
    this.at += name.copy(this.bytes, this.at, 0, 128);
    this.byte(BAR);
  }

  #address6(address: Address): void {
    const hex = typeof address === "string" ? address : V4_MAPPED + address.toString(16).padStart(8, "0");
    for (const start of [0, 16]) {
      const [first, second] = [hex.slice(start, start + 8), hex.slice(start + 8, start + 16)];
      this.#pair(swap(Number.parseInt(first, 16)), swap(Number.parseInt(second, 16)));
    }
  }

  /** A space and a whole number below 2^64. */
  #number(value: number): void {
    this.#pair(Math.floor(value / TWO_32), value % TWO_32);
  }

  /** A space and a number of 64 bits, given as its halves, without leading zeros. */
  #pair(high: number, low: number): void {
    this.byte(SPACE);
    if (high === 0) return this.#hex(low, digitsOf(low));
    this.#hex(high, digitsOf(high));
    this.#hex(low, 8);
  }

  #hex(value: number, digits: number): void {
    const bytes = this.bytes;
    let at = this.at;
    let shift = digits * 4;
    if ((digits & 1) !== 0) bytes[at++] = HEX[(value >>> (shift -= 4)) & 15] ?? 0;
    while (shift > 0) {
      const byte = (value >>> (shift -= 8)) & 255;
      bytes[at++] = HIGH_DIGIT[byte] ?? 0;
      bytes[at++] = LOW_DIGIT[byte] ?? 0;
    }
    this.at = at;
  }
}

function digitsOf(value: number): number {
  return value === 0 ? 1 : (35 - Math.clz32(value)) >> 2;
}

/** Converts from and to network order, as a little-endian host loads it. */
function swap(word: number): number {
  return (((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}
