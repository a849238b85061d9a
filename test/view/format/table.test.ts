import { expect, test } from "vitest";
import { placeColumns, type Table, textColumn } from "#src/view/format/table.ts";

interface Row {
  readonly name: string;
  readonly peer: string;
}

const TABLE: Table<Row> = {
  columns: [
    textColumn("name", "NAME", 15, 40, ({ name }) => name),
    textColumn("peer", "PEER", 10, 40, ({ peer }) => peer),
  ],
  hideOrder: [],
};

function widths(row: Row, available: number): number[] {
  return placeColumns(TABLE, [row], available, () => undefined).map(({ columns }) => columns);
}

test.each([
  ["where all fits, a column keeps its least width", { name: "api", peer: "10.0.0.1:80" }, 40, [15, 11]],
  [
    "where it does not, a short text gives what it does not need",
    { name: "api", peer: "10.0.0.1:8080 x12" },
    28,
    [10, 17],
  ],
  ["as much as is there, and the title stays whole", { name: "api", peer: "10.100.100.100:8080 x1234" }, 28, [5, 22]],
  ["who needs all of it gives nothing", { name: "a-long-name-of-one", peer: "10.0.0.1:8080 x12" }, 28, [17, 10]],
  ["narrower than the least widths", { name: "api", peer: "10.0.0.1:80" }, 20, [8, 11]],
])("%s", (_, row, available, expected) => {
  expect(widths(row, available)).toEqual(expected);
});
