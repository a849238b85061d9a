import type { Accept, Task, Transition } from "../model/events/event.ts";
import { type Address, addressFromHex } from "../model/net/address.ts";
import type { Nanos } from "../model/net/nanos.ts";
import { TCP, type TcpState, isTcpState } from "../model/net/tcp-state.ts";
import { descriptorOf, evidenceOf } from "./evidence.ts";
import { HexFields } from "./hex-fields.ts";
import { NameBook } from "./name-book.ts";
import type { Pair } from "./sent-counts.ts";

/** The kinds of line with one event, by their first letter; those with a capital T or U end in a process. */
export const LINE = { accept: 0x43, v4: 0x74, v4Task: 0x54, v6: 0x75, v6Task: 0x55 } as const;
/** The kind with a process's name. */
export const NAME_LINE = 0x4e;

/**
 * A line with an event (probes/README.md), decoded into numbers. Events wait for their turn in this form, because objects that
 * live for more than a moment cost the garbage collector more than decoding costs. One object is refilled for each line.
 */
export class WireLine {
  /** One of `LINE`. */
  kind = 0;
  at: Nanos = 0;
  readonly fields = new HexFields();
  /** The process's name, safe to print; null when it is in the name book, with its uid. */
  comm: string | null = "";
  readonly #names: NameBook;

  constructor(names = new NameBook()) {
    this.#names = names;
  }

  get isTransition(): boolean {
    return this.kind !== LINE.accept && this.kind !== NAME_LINE;
  }

  get isV4(): boolean {
    return this.kind === LINE.v4 || this.kind === LINE.v4Task;
  }

  get hasTask(): boolean {
    return this.kind === LINE.v4Task || this.kind === LINE.v6Task || !this.isTransition;
  }

  /** How many numbers the line has. */
  get count(): number {
    if (this.kind === NAME_LINE) return 2;
    if (this.kind === LINE.accept) return 4;
    return (this.isV4 ? 5 : 8) + (this.hasTask ? 1 : 0);
  }

  /** Whether the states of a transition are valid. */
  get isSound(): boolean {
    return !this.isTransition || (isTcpState(this.#from) && isTcpState(this.#to));
  }

  get cpu(): number {
    return this.isTransition ? (this.fields.low(3) >>> 8) & 0xffff : this.fields.low(1) & 0xffff;
  }

  /** The states of a transition, as one number (sent-counts.ts). */
  get pair(): Pair {
    return (this.fields.low(1) >>> 8) & 255;
  }

  /** The process of a line with a task. */
  get pid(): number {
    return this.fields.low(this.count - 1);
  }

  get #from(): number {
    return (this.fields.low(1) >>> 12) & 15;
  }

  get #to(): number {
    return (this.fields.low(1) >>> 8) & 15;
  }

  /** The event of a sound line. */
  event(): Transition | Accept {
    return this.isTransition ? this.#transition() : this.#accept();
  }

  #transition(): Transition {
    const { fields, isV4 } = this;
    const change = fields.low(1);
    const ports = fields.low(2);
    const file = fields.low(3);
    const isFull = (change & 8) !== 0;
    return {
      kind: "transition",
      at: this.at,
      address: fields.high(1) * 65_536 + (change >>> 16),
      from: stateOf(this.#from),
      to: stateOf(this.#to),
      netns: isFull ? fields.high(2) : null,
      localAddress: isV4 ? fromNetworkOrder(fields.low(4)) : this.#address6(4),
      localPort: ports >>> 16,
      remoteAddress: isV4 ? fromNetworkOrder(fields.high(4)) : this.#address6(6),
      remotePort: ports & 0xffff,
      inode: isFull ? fields.high(3) * 256 + (file >>> 24) : null,
      evidence: isFull ? evidenceOf(change & 0xf7, file & 255) : null,
      task: this.hasTask ? this.#task() : null,
    };
  }

  #accept(): Accept {
    const { fields } = this;
    const address = fields.high(1) * 65_536 + (fields.low(1) >>> 16);
    return {
      kind: "accept",
      at: this.at,
      address,
      inode: fields.high(2),
      fd: descriptorOf(fields.low(2)),
      task: this.#task(),
    };
  }

  #task(): Task {
    const field = this.count - 1;
    const pid = this.fields.low(field);
    if (this.comm !== null) return { pid, uid: this.fields.high(field), comm: this.comm };
    const { uid, comm } = this.#names.of(pid, this.at);
    return { pid, uid, comm };
  }

  #address6(field: number): Address {
    let hex = "";
    for (const word of [
      this.fields.high(field),
      this.fields.low(field),
      this.fields.high(field + 1),
      this.fields.low(field + 1),
    ]) {
      hex += fromNetworkOrder(word).toString(16).padStart(8, "0");
    }
    return addressFromHex(hex);
  }
}

function stateOf(number: number): TcpState {
  return isTcpState(number) ? number : TCP.CLOSE;
}

/** The kernel holds addresses in network order; the wire has them as a little-endian host loads them. */
function fromNetworkOrder(word: number): number {
  return (((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}
