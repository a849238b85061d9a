/** The losses that tcptrace reported, and whether it may lose anything. */
export interface Losses {
  readonly lost: number;
  readonly mayLose: boolean;
}

/** The number of transitions that may be missing. */
export function mostMissing({ lost, mayLose }: Losses): number {
  return mayLose ? lost : 0;
}
