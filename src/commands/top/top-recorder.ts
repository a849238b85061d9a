import { UserError } from "../../base/errors.ts";
import { version } from "../run/version.ts";
import { stampedName } from "./top-files.ts";
import type { TraceEvent } from "../../model/events/event.ts";
import type { Model } from "../../model/fold/model.ts";
import { newHeader } from "../../recording/write/new-header.ts";
import { OutputFile, findCaller, isFull } from "../../recording/write/output-file.ts";
import { Recorder } from "../../recording/write/recorder.ts";
import type { RecordingState } from "../../view/state/top-data.ts";

/** Records the live view from one press of a key to the next. */
export class TopRecorder {
  readonly #model: Model;
  #recorder: Recorder | null = null;
  #path = "";
  #isWanted = false;
  /** Receives messages for the screen. */
  say: (text: string) => void = () => {};

  constructor(model: Model) {
    this.#model = model;
  }

  /** Starts or ends the recording, at the next end of a batch. */
  toggle(): void {
    this.#isWanted = !this.#isWanted;
  }

  state(): RecordingState | null {
    return this.#recorder === null ? null : { path: this.#path, bytes: this.#recorder.bytes };
  }

  /** Records an event. Must be called before the model folds it. */
  event(event: TraceEvent): void {
    this.#recorder?.event(event);
  }

  /** Starts, ends or flushes the recording. Must be called at the end of each batch. */
  async settle(): Promise<void> {
    if (this.#isWanted === (this.#recorder !== null)) {
      if (this.#recorder !== null) await this.#guard(async (recorder) => this.#flush(recorder));
      return;
    }
    if (this.#isWanted) await this.#start();
    else await this.end();
  }

  async end(): Promise<void> {
    await this.#guard(async (recorder) => {
      const isComplete = await recorder.end();
      this.#recorder = null;
      this.say(isComplete ? `recorded to ${this.#path}` : `the disk is full: the end of ${this.#path} is missing`);
    });
  }

  async #start(): Promise<void> {
    this.#path = stampedName("tct.gz", this.#model);
    const caller = findCaller(process.env);
    const tcptrace = version();
    try {
      this.#recorder = await Recorder.join(
        {
          open: async () => OutputFile.open(this.#path, caller),
          header: (source, file) => newHeader(tcptrace, source, file),
          maxNanos: null,
          maxBytes: null,
          packing: "gzip",
          onFull: "stop",
        },
        this.#model,
      );
      this.say(`recording to ${this.#path} (e: stop)`);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #flush(recorder: Recorder): Promise<void> {
    if (await recorder.flush()) return;
    await recorder.end();
    this.#recorder = null;
    this.#isWanted = false;
    this.say(`recording stopped: the disk is full; ${this.#path} is readable`);
  }

  /** A failed recording must not end the view. */
  async #guard(task: (recorder: Recorder) => Promise<void>): Promise<void> {
    if (this.#recorder === null) return;
    try {
      await task(this.#recorder);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#recorder = null;
    this.#isWanted = false;
    if (isFull(error)) this.say("not recorded: the disk is full");
    else if (error instanceof UserError) this.say(`not recorded: ${error.message}`);
    else throw error;
  }
}
