/** What a table can be sorted by; null means unknown. */
export type SortValue = number | string | null;

/** Numbers in descending order, text in ascending order, unknown values last. */
export function compareValues(a: SortValue, b: SortValue): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === "number" && typeof b === "number") return b - a;
  if (String(a) === String(b)) return 0;
  return String(a) < String(b) ? -1 : 1;
}

/** Sorts by a value that is computed once per item; equal items keep their order. */
export function sortBy<Item>(items: readonly Item[], value: (item: Item) => SortValue): Item[] {
  const valued = items.map((item) => ({ item, value: value(item) }));
  return valued.toSorted((a, b) => compareValues(a.value, b.value)).map(({ item }) => item);
}
