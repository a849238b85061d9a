import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { cyclesOf, levelsOf } from "../../scripts/house/graph.ts";
import { readSources, type SourceFile } from "../../scripts/house/imports.ts";
import { ROOMS } from "../../scripts/house/rooms.ts";
import { misfitsOf, surveyHouse } from "../../scripts/house/survey.ts";
import { ROOT } from "#test/support/project.ts";

describe("src", () => {
  const survey = surveyHouse(readSources(join(ROOT, "src")), ROOMS);

  it("imports only what the table of rooms allows", () => {
    expect(survey.forbidden).toEqual([]);
  });

  it("has no cycle of files or rooms, types included", () => {
    expect([survey.fileCycles, survey.roomCycles]).toEqual([[], []]);
  });

  it("has exactly the rooms of the table, each with 4 to 16 files unless the table gives a reason", () => {
    expect(misfitsOf(survey, ROOMS)).toEqual([]);
  });

  it("is described room by room in ARCHITECTURE.md", () => {
    const text = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");
    const names = Object.keys(ROOMS).filter((room) => room !== "." && !text.includes(`\`${room}\``));
    expect(names).toEqual([]);
  });
});

test("the table lists a room after all that it imports", () => {
  const names = Object.keys(ROOMS);
  const upward = names.flatMap((name, place) =>
    (ROOMS[name]?.imports ?? []).filter((other) => names.indexOf(other) >= place).map((other) => `${name} -> ${other}`),
  );
  expect(upward).toEqual([]);
});

describe("the survey of a tree", () => {
  it("names an import that no room allows", () => {
    const files = [file("low/a.ts"), file("high/b.ts", "low/a.ts", "zod"), file("high/c.ts", "high/b.ts")];
    const table = { low: { about: "", imports: [] }, high: { about: "", imports: ["low"] } };
    expect(surveyHouse(files, table).forbidden).toEqual(["high/b.ts imports zod"]);
    expect(surveyHouse([file("low/a.ts", "high/b.ts"), file("high/b.ts")], table).forbidden).toEqual([
      "low/a.ts imports high/b.ts",
    ]);
  });

  it("allows a lazy import that the table forbids as a static one", () => {
    const lazily = { ...file("high/b.ts"), imports: [{ target: "low/a.ts", isFile: true, isLazy: true }] };
    const table = { low: { about: "", imports: [] }, high: { about: "", imports: [], lazily: ["low"] } };
    expect(surveyHouse([file("low/a.ts"), lazily], table).forbidden).toEqual([]);
    expect(surveyHouse([file("low/a.ts"), file("high/b.ts", "low/a.ts")], table).forbidden).toHaveLength(1);
  });

  it("finds cycles of files and of rooms", () => {
    const found = surveyHouse([file("a/1.ts", "b/2.ts"), file("b/2.ts", "a/3.ts"), file("a/3.ts")], {});
    expect([found.fileCycles, found.roomCycles.map((cycle) => cycle.toSorted())]).toEqual([[], [["a", "b"]]]);
    expect(surveyHouse([file("a/1.ts", "b/2.ts"), file("b/2.ts", "a/1.ts")], {}).fileCycles).toHaveLength(1);
  });

  it("says which rooms are too small, and which reasons are no longer needed", () => {
    const found = surveyHouse([file("a/1.ts")], {});
    expect(misfitsOf(found, { a: { about: "", imports: [] } })).toEqual(["a has 1 files: say why in oddSize"]);
    expect(misfitsOf(found, { a: { about: "", imports: [], oddSize: "so it is" } })).toEqual([]);
    expect(misfitsOf(found, {})).toEqual(["a is in the tree and not in the table"]);
  });
});

describe("a graph", () => {
  const anyGraph = fc
    .array(fc.uniqueArray(fc.nat({ max: 7 }), { maxLength: 4 }), { minLength: 8, maxLength: 8 })
    .map((rows) => new Map(rows.map((row, node) => [String(node), new Set(row.map(String))])));
  test("finds as cycles exactly the nodes that reach each other", () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const expected = [...graph.keys()].filter((node) =>
          [...graph.keys()].some(
            (other) => other !== node && reaches(graph, node).has(other) && reaches(graph, other).has(node),
          ),
        );
        expect(cyclesOf(graph).flat().toSorted()).toEqual(expected.toSorted());
      }),
    );
  });

  test("puts each node above those it points to, except in cycles", () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const levels = levelsOf(graph);
        for (const [node, targets] of graph) {
          for (const target of targets) {
            if (target === node || reaches(graph, target).has(node)) continue;
            expect(levels.get(node)).toBeGreaterThan(levels.get(target) ?? Infinity);
          }
        }
      }),
    );
  });
});

/** All nodes reachable from this one. */
function reaches(graph: ReadonlyMap<string, ReadonlySet<string>>, from: string): Set<string> {
  const seen = new Set<string>();
  const ahead = [...(graph.get(from) ?? [])];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    ahead.push(...(graph.get(next) ?? []));
  }
  return seen;
}

/** A file whose room is the first part of its path. */
function file(path: string, ...targets: string[]): SourceFile {
  const imports = targets.map((target) => ({ target, isFile: target.endsWith(".ts"), isLazy: false }));
  return { path, room: path.split("/")[0] ?? "", lines: 10, imports };
}
