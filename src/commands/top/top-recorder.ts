import { UserError } from "../../base/errors.ts";
import { version } from "../run/version.ts";
import { stampedName } from "./top-files.ts";
import type { TraceEvent } from "../../model/events/event.ts";
import type { Model } from "../../model/fold/model.ts";
import { newHeader } from "../../recording/write/new-header.ts";
import { OutputFile, findCaller, isFull } from "../../recording/write/output-file.ts";
import { Recorder } from "../../recording/write/recorder.ts";
import type { RecordingState } from "../../view/state/top-data.ts";

/** Records a live run from a key on, and until it is pressed again. */
export class TopRecorder {
  readonly #model: Model;
  #recorder: Recorder | null = null;
  #path = "";
  #isWanted = false;
  /** What became of it, for the screen. */
  say: (text: string) => void = () => {};

  constructor(model: Model) {
    this.#model = model;
  }

  /** Begins or ends it, where nothing is half told. */
  toggle(): void {
    this.#isWanted = !this.#isWanted;
  }

  state(): RecordingState | null {
    return this.#recorder === null ? null : { path: this.#path, bytes: this.#recorder.bytes };
  }

  /** To be given each event before the model is. */
  event(event: TraceEvent): void {
    this.#recorder?.event(event);
  }

  /** To be called at the end of each batch. */
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
      const isWhole = await recorder.end();
      this.#recorder = null;
      this.say(isWhole ? `recorded to ${this.#path}` : `the disk is full: the end of ${this.#path} is missing`);
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
      this.say(`recording to ${this.#path} (e ends it)`);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #flush(recorder: Recorder): Promise<void> {
    if (await recorder.flush()) return;
    await recorder.end();
    this.#recorder = null;
    this.#isWanted = false;
    this.say(`the disk is full: the recording has ended; ${this.#path} can be read`);
  }

  /** A recording that fails is no reason to end the view. */
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
    if (isFull(error)) this.say("the disk is full: nothing can be recorded");
    else if (error instanceof UserError) this.say(`not recorded: ${error.message}`);
    else throw error;
  }
}
