import type { TraceEvent } from "../../model/events/event.ts";
import type { Header } from "../format/header.ts";
import { Encoder } from "./encoder.ts";
import { Packer, type Packing } from "./packer.ts";
import type { Sink } from "./sink.ts";

/** One file of a recording, for writing. */
export class RecordingFile {
  readonly #sink: Sink;
  readonly #packing: Packing;
  #packer: Packer;
  #encoder: Encoder;

  constructor(sink: Sink, packing: Packing) {
    this.#sink = sink;
    this.#packing = packing;
    this.#packer = new Packer(sink, packing);
    this.#encoder = this.#newEncoder();
  }

  #newEncoder(): Encoder {
    return new Encoder((block) => this.#packer.push(block));
  }

  get bytes(): number {
    return this.#sink.bytes;
  }

  /** Transitions that are in the file. */
  get transitions(): number {
    return this.#packer.transitions;
  }

  /** Whether everything passed in has been written. */
  get isWritten(): boolean {
    return this.#packer.isEmpty;
  }

  /** The header is a block of its own, so that a reader of a pipe need not wait for more. */
  begin(header: Header): void {
    this.#encoder.line(header);
    this.#encoder.seal();
  }

  event(event: TraceEvent): void {
    this.#encoder.event(event);
  }

  /** Writes what is due, or with `all` everything. If that fails, what had not been written is lost. */
  async flush(all: boolean): Promise<void> {
    this.#encoder.seal();
    await this.#packer.flush(all);
  }

  /** Call it after something was lost: what follows must not refer to anything before it. */
  restart(): void {
    this.#encoder = this.#newEncoder();
  }

  /** Empties the file, to begin again. */
  async clear(): Promise<void> {
    await this.#sink.clear?.();
    this.#packer = new Packer(this.#sink, this.#packing);
    this.restart();
  }

  /** Writes the rest and the line that marks the end. */
  async end(): Promise<void> {
    await this.flush(true);
    this.#encoder.line({ kind: "end", bytes: this.bytes, transitions: this.transitions });
    await this.flush(true);
  }

  async close(): Promise<void> {
    await this.#sink.close();
  }
}
