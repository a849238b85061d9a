import type { Filter } from "./filter.ts";

/** What both take. */
export function bothFilters(one: Filter, other: Filter): Filter {
  if (one.isEmpty) return other;
  if (other.isEmpty) return one;
  return { isEmpty: false, matches: (subject) => one.matches(subject) && other.matches(subject) };
}
