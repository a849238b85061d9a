/** What tcptrace says it has lost, and whether it may lose anything. */
export interface Losses {
  readonly lost: number;
  readonly mayLose: boolean;
}

/** How many transitions may be missing. */
export function mostMissing({ lost, mayLose }: Losses): number {
  return mayLose ? lost : 0;
}
