import type { Gap, SourceChange, SourceName } from "../events/event.ts";
import type { Nanos } from "../net/nanos.ts";

/** The source of a run's events, since when, and its gaps. */
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

  /** When tracing or polling began; null while waiting for the tracer. */
  get tracingSince(): Nanos | null {
    return this.#tracingSince;
  }

  /** Seconds of tracing or polling until `now`. */
  secondsUntil(now: Nanos): number {
    return this.#tracingSince === null ? 0 : (now - this.#tracingSince) / 1e9;
  }

  /** Total time in which nothing was traced. */
  get gap(): Nanos {
    return this.#gap;
  }

  /** Whether transitions report the namespace of their socket. */
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

  /** A transition arrived without its namespace: the basic program does not report it. */
  lacksNamespaces(): void {
    this.#hasNamespaces = false;
  }

  /** The current source as an event at that moment; null before the first. */
  changeAt(at: Nanos): SourceChange | null {
    if (this.#name === null) return null;
    return { kind: "source", at, source: this.#name, ready: this.#tracingSince !== null, detail: this.#detail };
  }
}
