import { GrowingBytes } from "../../base/growing-bytes.ts";
import type { Cause } from "../../model/events/cause.ts";
import type { OwnerEvidence } from "../../model/events/owner-evidence.ts";
import { formatEndpoint } from "../../model/net/address.ts";
import { type TcpState, stateName } from "../../model/net/tcp-state.ts";
import type { Socket } from "../../model/sockets/socket.ts";
import type { TransitionRow } from "../../model/sockets/transition-row.ts";
import { microsOfSecond, secondText } from "../format/time.ts";

/** It happened before `time`, which is when a poll found it. */
const FOUND_LATER = ',"timeIsAtMost":true';

const PID = Buffer.from(',"pid":');
const NULL = Buffer.from("null");
const ZERO = 48;
const POINT = 46;

/** A socket's part of a line does not change. This number of parts is cached, by socket id. */
const PARTS = 4096;
const MAX_NAMES = 1000;
/** Longest line, without its process name. */
const LONGEST_LINE = 1024;

/** Lines of NDJSON under construction, as bytes. */
export class EventLines extends GrowingBytes {
  #second = NaN;
  #begin = Buffer.alloc(0);
  readonly #sockets: (Socket | undefined)[] = Array.from({ length: PARTS });
  readonly #parts: (Buffer | undefined)[] = Array.from({ length: PARTS });
  readonly #changes: (Buffer | undefined)[] = Array.from({ length: 256 });
  readonly #names = new Map<string, Buffer>();
  readonly #reasons = new Map<OwnerEvidence, Map<Cause | null, Buffer>>();

  /** Adds a transition; unknown values are null. */
  transition(row: TransitionRow, wallMs: number): void {
    const { owner, process } = row;
    const name = process === null ? UNNAMED : this.#named(process.comm);
    this.reserve(LONGEST_LINE + name.length);
    this.#time(wallMs);
    this.#socket(row.socket);
    this.#copy(this.#change(row.from, row.to));
    if (row.inState === null) this.#copy(NULL);
    else this.#milliseconds(row.inState);
    this.#copy(PID);
    if (owner.pid === null) this.#copy(NULL);
    else this.#whole(owner.pid);
    this.#copy(name);
    this.#copy(this.#reason(owner.evidence, row.cause));
  }

  #copy(piece: Buffer): void {
    this.bytes.set(piece, this.at);
    this.at += piece.length;
  }

  #time(wallMs: number): void {
    const second = Math.floor(wallMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#begin = Buffer.from(`{"type":"transition","time":"${secondText(second)}.`);
    }
    this.#copy(this.#begin);
    this.#digits(microsOfSecond(wallMs, second), 6);
  }

  #socket(socket: Socket): void {
    const place = socket.id % PARTS;
    const known = this.#parts[place];
    if (known !== undefined && this.#sockets[place] === socket) return this.#copy(known);
    const part = Buffer.from(socketJson(socket));
    this.#copy(part);
    // Not cached until all is known: the next line may know more.
    if (socket.netns === null || socket.localPort === 0 || socket.remotePort === 0) return;
    this.#sockets[place] = socket;
    this.#parts[place] = part;
  }

  #change(from: TcpState, to: TcpState): Buffer {
    return (this.#changes[from * 16 + to] ??= Buffer.from(
      `,"from":"${stateName(from)}","to":"${stateName(to)}","inStateMs":`,
    ));
  }

  #named(comm: string): Buffer {
    let name = this.#names.get(comm);
    if (name === undefined) {
      if (this.#names.size >= MAX_NAMES) this.#names.clear();
      this.#names.set(comm, (name = Buffer.from(`,"comm":${JSON.stringify(comm)}`)));
    }
    return name;
  }

  #reason(evidence: OwnerEvidence, cause: Cause | null): Buffer {
    let reasons = this.#reasons.get(evidence);
    if (reasons === undefined) this.#reasons.set(evidence, (reasons = new Map<Cause | null, Buffer>()));
    let reason = reasons.get(cause);
    if (reason === undefined) {
      const json = `,"owner":"${evidence}","cause":${JSON.stringify(cause)}${cause === "poll" ? FOUND_LATER : ""}}\n`;
      reasons.set(cause, (reason = Buffer.from(json)));
    }
    return reason;
  }

  /** To the microsecond. */
  #milliseconds(nanos: number): void {
    const micros = Math.round(nanos / 1000);
    const whole = Math.floor(micros / 1000);
    this.#whole(whole);
    this.byte(POINT);
    this.#digits(micros - whole * 1000, 3);
  }

  /** A non-negative integer. */
  #whole(value: number): void {
    let count = 1;
    for (let limit = 10; limit <= value; limit *= 10) count++;
    this.#digits(value, count);
  }

  /** The last `count` digits, with leading zeros. */
  #digits(value: number, count: number): void {
    let rest = value;
    for (let at = this.at + count - 1; at >= this.at; at--) {
      const tenth = Math.floor(rest / 10);
      this.bytes[at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.at += count;
  }
}

const UNNAMED = Buffer.from(',"comm":null');

/** The part of the line that is the same for all transitions of a socket whose tuple is known. */
function socketJson({ id, netns, localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  const local = endpoint(localAddress, localPort);
  const remote = endpoint(remoteAddress, remotePort);
  return `Z","socket":"s${id.toString(16)}","netns":${netns},"local":${local},"remote":${remote}`;
}

/** With port 0 the endpoint is unknown. */
function endpoint(address: number | string, port: number): string {
  return port === 0 ? "null" : `"${formatEndpoint(address, port)}"`;
}
