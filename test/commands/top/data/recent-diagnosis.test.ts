import { expect, test } from "vitest";
import { RecentDiagnosis } from "#src/commands/top/data/recent-diagnosis.ts";
import { MATCH_ALL } from "#src/model/filter/filter.ts";
import { parseFilter } from "#src/model/filter/parse-filter.ts";
import { Model } from "#src/model/fold/model.ts";

const SECOND = 1e9;

function modelAt(at: number): Model {
  const model = new Model();
  model.fold({ kind: "anchor", at, wallMs: 0 });
  model.fold({ kind: "tick", at, watermark: at });
  return model;
}

test("findings are recomputed after a second of the clock of the events or of our own, and for another filter", () => {
  const model = modelAt(SECOND);
  const diagnosis = new RecentDiagnosis(60_000);
  const first = diagnosis.of(model.tables, MATCH_ALL, 0);
  expect(diagnosis.of(model.tables, MATCH_ALL, 0)).toBe(first);
  model.fold({ kind: "tick", at: 1.1 * SECOND, watermark: 1.1 * SECOND });
  expect(diagnosis.of(model.tables, MATCH_ALL, 0)).toBe(first);
  const slow = diagnosis.of(model.tables, MATCH_ALL, 1000);
  expect(slow).not.toBe(first);
  expect(diagnosis.of(model.tables, MATCH_ALL, 5000)).toBe(slow);
  model.fold({ kind: "tick", at: 3 * SECOND, watermark: 3 * SECOND });
  const later = diagnosis.of(model.tables, MATCH_ALL, 0);
  expect(later).not.toBe(slow);
  const parsed = parseFilter("proc:api");
  expect(diagnosis.of(model.tables, parsed.ok ? parsed.filter : MATCH_ALL, 0)).not.toBe(later);
});

test("findings of another model are never reused", () => {
  const model = modelAt(SECOND);
  const diagnosis = new RecentDiagnosis(60_000);
  const first = diagnosis.of(model.tables, MATCH_ALL, 0);
  diagnosis.forget();
  expect(diagnosis.of(model.tables, MATCH_ALL, 0)).not.toBe(first);
});
