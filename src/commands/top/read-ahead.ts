import type { TraceEvent } from "../../model/events/event.ts";

/** Reads the events of a recording ahead, so that a paused screen does not block the writer of a pipe. */
export class ReadAhead {
  readonly #batches: (readonly TraceEvent[])[] = [];
  readonly #most: number;
  #size = 0;
  #hasEnded = false;
  #failure: unknown = null;
  #wakeReader: () => void = () => {};
  #wakeWriter: () => void = () => {};
  #isClosed = false;

  /** Reads until the batches weigh `most` in total; the last one may exceed it. */
  constructor(source: AsyncIterable<readonly TraceEvent[]>, most: number) {
    this.#most = most;
    void this.#fill(source);
  }

  async #fill(source: AsyncIterable<readonly TraceEvent[]>): Promise<void> {
    try {
      for await (const batch of source) {
        if (this.#isClosed) break;
        this.#batches.push(batch);
        this.#size += weightOf(batch);
        this.#wakeReader();
        while (this.#size >= this.#most && !this.#isClosed)
          await new Promise<void>((wake) => (this.#wakeWriter = wake));
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#hasEnded = true;
    this.#wakeReader();
  }

  /** Whether every batch read so far has been taken, and more may come. */
  get isEmpty(): boolean {
    return this.#batches.length === 0 && !this.#hasEnded;
  }

  /** The next batch; null at the end, undefined if `wait` resolved first. Pass a new promise each time. */
  async next(wait: Promise<void>): Promise<readonly TraceEvent[] | null | undefined> {
    if (this.#batches.length === 0 && !this.#hasEnded) {
      await Promise.race([new Promise<void>((wake) => (this.#wakeReader = wake)), wait]);
    }
    const batch = this.#batches.shift();
    if (batch !== undefined) {
      this.#size -= weightOf(batch);
      this.#wakeWriter();
      return batch;
    }
    if (!this.#hasEnded) return undefined;
    if (this.#failure !== null) throw this.#failure;
    return null;
  }

  close(): void {
    this.#isClosed = true;
    this.#wakeWriter();
  }
}

/** A row of an event weighs as much as an event without rows. */
function weightOf(batch: readonly TraceEvent[]): number {
  return batch.reduce((sum, event) => sum + 1 + rowsOf(event), 0);
}

function rowsOf(event: TraceEvent): number {
  switch (event.kind) {
    case "survey": {
      const held = event.processes.reduce((sum, { sockets }) => sum + sockets.length, 0);
      return event.sockets.length + event.timeWaits.length + event.processes.length + held;
    }
    case "image": {
      const { sockets, holders, processes, facts, vanished, timeWaits } = event;
      return sockets.length + holders.length + processes.length + facts.length + vanished.length + timeWaits.length;
    }
    case "details":
      return event.details.length + event.backlogs.length;
    case "counters":
      return event.namespaces.length;
    case "accept":
    case "anchor":
    case "gap":
    case "loss":
    case "process":
    case "source":
    case "tick":
    case "transition":
      return 0;
    default:
      return event satisfies never;
  }
}
