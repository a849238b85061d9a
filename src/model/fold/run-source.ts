import type { Gap, SourceChange, SourceName } from "../events/event.ts";
import type { Nanos } from "../net/nanos.ts";

/** Where a run's events come from, since when, and what their source leaves out. */
export class RunSource {
  #name: SourceName | null = null;
  #detail = "";
  #tracingSince: Nanos | null = null;
  #gap: Nanos = 0;
  #hasNamespaces = true;

  get name(): SourceName | null {
    return this.#name;
  }

  get detail(): string {
    return this.#detail;
  }

  /** When tracing or polling began for good, as opposed to waiting for the tracer. */
  get tracingSince(): Nanos | null {
    return this.#tracingSince;
  }

  /** How long tracing or polling has gone on at that moment. */
  secondsUntil(now: Nanos): number {
    return this.#tracingSince === null ? 0 : (now - this.#tracingSince) / 1e9;
  }

  /** Time in which nothing was traced. */
  get gap(): Nanos {
    return this.#gap;
  }

  /** Whether transitions say which namespace their socket is in. */
  get hasNamespaces(): boolean {
    return this.#hasNamespaces;
  }

  change({ at, source, ready, detail }: SourceChange): void {
    this.#name = source;
    this.#detail = detail;
    if (ready) this.#tracingSince ??= at;
  }

  addGap({ at, from }: Gap): void {
    this.#gap += at - from;
  }

  /** A transition came without its namespace: the basic program reports none. */
  lacksNamespaces(): void {
    this.#hasNamespaces = false;
  }

  /** The last change of source, as one at that moment; null before the first. */
  changeAt(at: Nanos): SourceChange | null {
    if (this.#name === null) return null;
    return { kind: "source", at, source: this.#name, ready: this.#tracingSince !== null, detail: this.#detail };
  }
}
