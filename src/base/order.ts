/** What a table can be sorted by; null is not known. */
export type SortValue = number | string | null;

/** Numbers from the largest, words from A, what is not known last. */
export function compareValues(a: SortValue, b: SortValue): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === "number" && typeof b === "number") return b - a;
  if (String(a) === String(b)) return 0;
  return String(a) < String(b) ? -1 : 1;
}

/** Sorts by a value that is worked out once for each; what is alike stays in its order. */
export function sortBy<Item>(items: readonly Item[], value: (item: Item) => SortValue): Item[] {
  const valued = items.map((item) => ({ item, value: value(item) }));
  return valued.toSorted((a, b) => compareValues(a.value, b.value)).map(({ item }) => item);
}
