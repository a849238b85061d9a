/** A longer text is not a misspelt name. */
const LONGEST = 60;

/** The names that contain the text. If there are none, the names closest to it, if they are close enough. */
export function nearest(text: string, names: readonly string[]): readonly string[] {
  if (text.length < 3 || text.length > LONGEST) return [];
  const containing = names.filter((name) => name.includes(text));
  if (containing.length > 0) return containing;
  const distances = names.map((name) => editDistance(text, name));
  const least = Math.min(...distances);
  return least > 3 || least > text.length / 3 ? [] : names.filter((_, index) => distances[index] === least);
}

/** The number of characters to insert, delete or change (Levenshtein distance). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const changed = (row[j] ?? 0) + (from.charAt(i) === to.charAt(j) ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
