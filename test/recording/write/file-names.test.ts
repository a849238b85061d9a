import { expect, test } from "vitest";
import { fileNames } from "#src/recording/write/file-names.ts";

const date = new Date(2026, 10, 22, 7, 8, 9);

function names(path: string, rotates: boolean, files: number | null, count: number): string[] {
  const all = fileNames(path, rotates, files);
  return Array.from({ length: count }, (_, index) => all.name(index, date));
}

test("a single file keeps its name, whatever it contains", () => {
  expect(names("run.tct", false, null, 1)).toEqual(["run.tct"]);
  expect(names("run-%H.tct", false, null, 1)).toEqual(["run-%H.tct"]);
});

test("a rotation's files are numbered as tcpdump numbers them", () => {
  expect(names("run", true, null, 3)).toEqual(["run", "run1", "run2"]);
  expect(names("run", true, 3, 5)).toEqual(["run0", "run1", "run2", "run0", "run1"]);
  expect(names("run", true, 11, 12)).toEqual([
    "run00",
    "run01",
    "run02",
    "run03",
    "run04",
    "run05",
    "run06",
    "run07",
    "run08",
    "run09",
    "run10",
    "run00",
  ]);
});

test("or named by the time, and no two have the same name", () => {
  expect(names("run-%Y%m%d-%H%M%S-100%%.gz", true, null, 3)).toEqual([
    "run-20261122-070809-100%.gz",
    "run-20261122-070809-100%.gz.1",
    "run-20261122-070809-100%.gz.2",
  ]);
});
