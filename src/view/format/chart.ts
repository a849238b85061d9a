const EIGHTHS = ["", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/**
 * A bar chart with one column per value, the last value in the last column; older values that don't fit are left out.
 * The highest value fills its column, and any value above zero is visible.
 */
export function barChart(values: readonly number[], columns: number, rows: number): string[] {
  const shown = columns > 0 ? values.slice(-columns) : [];
  const highest = Math.max(0, ...shown);
  const heights = shown.map((value) => {
    if (!(value > 0)) return 0;
    return Math.max(1, Math.round((value / highest) * rows * 8));
  });
  return Array.from({ length: rows }, (_, row) => {
    const below = (rows - 1 - row) * 8;
    const bars = heights.map((height) => EIGHTHS[Math.max(0, Math.min(8, height - below))] || " ");
    return bars.join("").padStart(columns);
  });
}
