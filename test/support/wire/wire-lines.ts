import type { Address } from "#src/model/net/address.ts";
import type { Accept, Evidence, Task, Transition } from "#src/model/events/event.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { type Pair, PAIRS } from "#src/wire/sent-counts.ts";

/** The other parts of a line: the CPU, the address family, and the raw bytes of the process name. */
export interface LineOptions {
  readonly cpu?: number;
  /** An IPv4 address in a line of family 6 is printed v4-mapped. */
  readonly family?: 4 | 6;
  readonly comm?: Uint8Array;
}

/**
 * Writes a transition as the kernel's side does (probes/*.bt): packed 64-bit words in hex, addresses in memory order as
 * a little-endian machine loads them. A transition with evidence is from the full program, one without from the basic
 * one.
 */
export function transitionLine(event: Transition, { cpu = 0, family, comm }: LineOptions = {}): Buffer {
  const { localAddress, remoteAddress, evidence, task } = event;
  const isV4 =
    family === undefined ? typeof localAddress === "number" && typeof remoteAddress === "number" : family === 4;
  const bits = evidence === null ? 0 : 8 | bitsOf(evidence);
  const words = [
    BigInt(event.at),
    (BigInt(event.address) << 16n) | BigInt((event.from << 12) | (event.to << 8) | bits),
    (BigInt(event.netns ?? 0) << 32n) | (BigInt(event.localPort) << 16n) | BigInt(event.remotePort),
    (BigInt(event.inode ?? 0) << 24n) | (BigInt(cpu) << 8n) | BigInt(evidence?.error ?? 0),
  ];
  if (isV4) words.push((loaded(bytes4(remoteAddress), 0) << 32n) | loaded(bytes4(localAddress), 0));
  else for (const address of [localAddress, remoteAddress]) words.push(...loadedPairs(bytes16(address)));
  const letter = isV4 ? "t" : "u";
  if (task === null) return line(letter, words);
  words.push(idsOf(task));
  return line(letter.toUpperCase(), words, comm ?? Buffer.from(task.comm));
}

/** Writes an accept as the exit probes of accept() and accept4() do. */
export function acceptLine(event: Accept, { cpu = 0, comm }: LineOptions = {}): Buffer {
  const words = [
    BigInt(event.at),
    (BigInt(event.address) << 16n) | BigInt(cpu),
    (BigInt(event.inode) << 32n) | BigInt(event.fd ?? 0xffff_ffff),
    idsOf(event.task),
  ];
  return line("C", words, comm ?? Buffer.from(event.task.comm));
}

/** `H at cpu count counts`; `sent` has an entry for each of PAIRS. */
export function heartbeatLine(cpu: number, sent: readonly number[], at: number): Buffer {
  const all = sent.reduce((sum, count) => sum + count, 0);
  const apart = sent.slice(1).map((count) => ` ${count.toString(16)}`);
  return Buffer.from(`H ${sentText(cpu, all, at)}${apart.join("")}\n`);
}

/** `Q at cpu count`, and the three places of this CPU's outbox. */
export function answerLine(cpu: number, sent: number, at: number, held: readonly Place[] = []): Buffer {
  return Buffer.from(`Q ${sentText(cpu, sent, at)}${placesText(held, 3)}\n`);
}

/** A place of an outbox: time, change, where, tuple, file. */
export type Place = readonly bigint[];

export const NO_PLACE: Place = [0n, 0n, 0n, 0n, 0n];
const FIRST_OF_TWO = 0x8000_0000n;
const SECOND_OF_TWO = 0x4000_0000n;

/** `E cpu` and four places, padded with zeros. */
export function outboxLine(cpu: number, places: readonly Place[]): Buffer {
  return Buffer.from(`E ${cpu.toString(16)}${placesText(places, 4)}\n`);
}

/** `N at owner name|`. */
export function nameLine(at: number, { uid, pid, comm }: Task, bytes?: Uint8Array): Buffer {
  return line("N", [BigInt(at), idsOf({ uid, pid })], bytes ?? Buffer.from(comm));
}

/** The places that an event takes: one, or two for IPv6 unless both addresses are v4-mapped. */
export function placesOf(event: Transition | Accept): Place[] {
  const at = BigInt(event.at);
  const pid = BigInt(event.task?.pid ?? 0) << 8n;
  const file = (BigInt(event.inode ?? 0) << 32n) | pid;
  const address = BigInt(event.address) << 16n;
  if (event.kind === "accept") return [[at, address | 0xf00n, BigInt(event.fd ?? 0xffff_ffff), 0n, file]];
  const { from, to, netns, localAddress, localPort, remoteAddress, remotePort, evidence } = event;
  if (evidence === null) throw new Error("the basic program has no outbox");
  const change = address | BigInt((from << 12) | (to << 8) | 8 | bitsOf(evidence));
  const where = (BigInt(netns ?? 0) << 32n) | (BigInt(localPort) << 16n) | BigInt(remotePort);
  const marks = file | BigInt(evidence.error);
  if (typeof localAddress === "number" && typeof remoteAddress === "number") {
    const ends = (loaded(bytes4(localAddress), 0) << 32n) | loaded(bytes4(remoteAddress), 0);
    return [[at, change, where, ends, marks]];
  }
  const [local = 0n, ...rest] = [...loadedPairs(bytes16(localAddress)), ...loadedPairs(bytes16(remoteAddress))];
  return [
    [at, change, where, local, marks | FIRST_OF_TWO],
    [at, ...rest, SECOND_OF_TWO],
  ];
}

function placesText(places: readonly Place[], count: number): string {
  const words = Array.from({ length: count }, (_, place) => places[place] ?? NO_PLACE).flat();
  return words.map((word) => ` ${word.toString(16)}`).join("");
}

/** The count, zero-padded. */
function sentText(cpu: number, sent: number, at: number): string {
  return `${at.toString(16)} ${cpu.toString(16)} ${sent.toString(16).padStart(16, "0")}`;
}

/** How often a CPU has sent each pair of states; 0 for those not given. */
export function sentOf(counts: Readonly<Record<Pair, number>>): number[] {
  return PAIRS.map((pair) => counts[pair] ?? 0);
}

export function anchorLine(at: number): Buffer {
  return Buffer.from(`A ${at.toString(16).padStart(16, "0")}\n`);
}

function line(letter: string, words: readonly bigint[], comm?: Uint8Array): Buffer {
  const numbers = `${letter} ${words.map((word) => word.toString(16)).join(" ")}`;
  if (comm === undefined) return Buffer.from(`${numbers}\n`);
  return Buffer.concat([Buffer.from(`${numbers} `), comm, Buffer.from("|\n")]);
}

function bitsOf({ dead, done, acked, noFinWait2, left }: Evidence): number {
  const leftBits = left === "unknown" ? 0 : left === "none" ? 32 : left === TCP.TIME_WAIT ? 96 : 160;
  return Number(dead) | (Number(done) << 1) | (Number(acked) << 2) | (Number(noFinWait2) << 4) | leftBits;
}

function idsOf({ uid, pid }: { readonly uid: number; readonly pid: number }): bigint {
  return (BigInt(uid) << 32n) | BigInt(pid);
}

/** The 32-bit word that a little-endian machine loads from four bytes. */
function loaded(bytes: Buffer, at: number): bigint {
  return BigInt(bytes.readUInt32LE(at));
}

function loadedPairs(bytes: Buffer): bigint[] {
  return [0, 8].map((at) => (loaded(bytes, at) << 32n) | loaded(bytes, at + 4));
}

function bytes4(address: Address): Buffer {
  if (typeof address === "string") throw new Error("an IPv6 address does not fit into a line of family 4");
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(address);
  return bytes;
}

function bytes16(address: Address): Buffer {
  if (typeof address === "string") return Buffer.from(address, "hex");
  return Buffer.concat([Buffer.from("00000000000000000000ffff", "hex"), bytes4(address)]);
}
