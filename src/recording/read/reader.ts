import type { TraceEvent } from "../../model/events/event.ts";
import type { Header } from "../format/header.ts";
import { BlockSplitter, LONGEST_BLOCK, type ReadBlock } from "./blocks.ts";
import { Decoder, notARecording } from "./decoder.ts";
import { Faults } from "./faults.ts";
import { type Input, openInput } from "./input.ts";

/** A file without a single event in this many bytes is not a recording. */
const MOST_FOREIGN_BYTES = LONGEST_BLOCK * 2;

/** An open recording. Its events can be read once, in the order of the run. */
export class Recording {
  readonly path: string;
  readonly faults: Faults;
  readonly #input: Input;
  readonly #decoder: Decoder;
  readonly #batches: AsyncGenerator<TraceEvent[], void, void>;
  #first: TraceEvent[] | null = null;
  #isClosed = false;

  private constructor(path: string, faults: Faults, input: Input) {
    this.path = path;
    this.faults = faults;
    this.#input = input;
    this.#decoder = new Decoder(path, faults);
    this.#batches = this.#read();
  }

  /**
   * Opens a file, or stdin for `-`, and reads its header. Throws UserError if it is not a recording that we can read.
   */
  static async open(path: string, signal: AbortSignal): Promise<Recording> {
    const faults = new Faults();
    return Recording.of(path, faults, openInput(path, faults), signal);
  }

  /** The same for an open input. */
  static async of(path: string, faults: Faults, input: Input, signal: AbortSignal): Promise<Recording> {
    const recording = new Recording(path, faults, input);
    const close = (): void => recording.#close();
    signal.addEventListener("abort", close);
    try {
      const { value } = await recording.#batches.next();
      recording.#first = value ?? [];
    } finally {
      signal.removeEventListener("abort", close);
    }
    return recording;
  }

  /** Null if it could not be read. */
  get header(): Header | null {
    return this.#decoder.header;
  }

  /** The recording may still be being written, by a process that waits for us to read. */
  get isPipe(): boolean {
    return this.#input.isPipe;
  }

  /** Batches of events until the end of the recording, or until `signal` aborts. */
  async *events(signal: AbortSignal): AsyncGenerator<readonly TraceEvent[], void, void> {
    const close = (): void => this.#close();
    signal.addEventListener("abort", close);
    try {
      if (this.#first !== null) yield this.#first;
      this.#first = null;
      for await (const batch of this.#batches) {
        if (signal.aborted) return;
        yield batch;
      }
    } finally {
      signal.removeEventListener("abort", close);
      this.#close();
    }
  }

  #close(): void {
    this.#isClosed = true;
    this.#input.close();
  }

  /** The first batch is the first block's, even if that contains only the header. */
  async *#read(): AsyncGenerator<TraceEvent[], void, void> {
    const splitter = new BlockSplitter();
    let foreign = 0;
    let isOurs = false;
    const decode = (block: ReadBlock): TraceEvent[] => {
      const events = this.#decoder.decode(block);
      isOurs ||= events.length > 0 || this.header !== null;
      foreign += block.bytes.length;
      if (!isOurs && foreign > MOST_FOREIGN_BYTES) throw notARecording(this.path);
      return events;
    };
    for await (const piece of this.#input.pieces) {
      if (!Buffer.isBuffer(piece)) {
        yield [this.#decoder.loss(piece.lost)];
        continue;
      }
      for (const block of splitter.push(piece)) yield decode(block);
    }
    for (const block of splitter.rest()) yield decode(block);
    if (!isOurs && !this.#isClosed) throw notARecording(this.path);
    this.faults.isHeaderDamaged = isOurs && this.header === null;
    if (!this.#decoder.hasEnd) this.faults.isCut = true;
  }
}
