/** Finds what was sent and not received, to the event, from each CPU's own count of what it sent. */
export class LossCount {
  readonly #received: number[] = [];
  readonly #lost: number[] = [];

  received(cpu: number): void {
    this.#received[cpu] = (this.#received[cpu] ?? 0) + 1;
  }

  /** Whether the first `emitted` events of this CPU have come, or are known to be lost. */
  hasAll(cpu: number, emitted: number): boolean {
    return (this.#received[cpu] ?? 0) + (this.#lost[cpu] ?? 0) >= emitted;
  }

  /** `emitted` events of this CPU have been sent before this point of the stream. Returns how many more are lost. */
  emitted(cpu: number, emitted: number): number {
    const known = this.#lost[cpu] ?? 0;
    const lost = emitted - (this.#received[cpu] ?? 0);
    if (lost <= known) return 0;
    this.#lost[cpu] = lost;
    return lost - known;
  }
}
