/** Runs all cases in turn in each round, so that a slow phase affects all of them; returns the results by name. */
export async function inRounds<Name extends string, Result>(
  rounds: number,
  cases: readonly (readonly [Name, () => Result | Promise<Result>])[],
): Promise<Map<Name, Result[]>> {
  const results = new Map<Name, Result[]>(cases.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of cases) results.get(name)?.push(await run());
  }
  return results;
}
