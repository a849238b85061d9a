import { join } from "node:path";
import { readdirSync } from "node:fs";
import * as fc from "fast-check";
import { ROOT } from "#test/support/project.ts";
import { describe, expect, it, test } from "vitest";
import { SYSCTL_ADVICE } from "#src/diagnosis/sysctls/all.ts";
import { findPage, nearestTopics, PAGES } from "#src/diagnosis/pages/find.ts";
import { safeText } from "#src/base/text.ts";
import { pageText, topicsText } from "#src/view/print/explain-text.ts";

/** As they stand in the rules. */
const FINDINGS = (
  "close-wait-leak accept-queue-stalled listen-overflow descriptors-running-out files-running-out ports-running-out " +
  "time-wait-buckets time-wait-harmless server-closes-first no-pooling reset-storm fin-wait-2 fin-wait-1 last-ack closing " +
  "syn-sent syn-recv keepalive-late backlog-drops trace-loss"
).split(" ");

describe("a page", () => {
  test.each(FINDINGS)("is there for the finding %s", (id) => {
    expect(findPage(id)).not.toBeNull();
  });

  test.each([
    ["CLOSE_WAIT", "close-wait"],
    ["close wait", "close-wait"],
    ["FIN-WAIT-1", "fin-wait-1"],
    ["FIN_WAIT2", "fin-wait-2"],
    ["net.ipv4.tcp_tw_reuse", "tcp_tw_reuse"],
    ["SYN_RECV", "syn-recv"],
    ["LISTEN", "listen"],
    ["ESTABLISHED", "established"],
    ["keepalive", "established"],
    ["fs.file-max", "file-max"],
    ["RLIMIT_NOFILE", "rlimit_nofile"],
  ])("is found by %s", (name, topic) => {
    expect(findPage(name)?.topic).toBe(topic);
  });

  test.each(SYSCTL_ADVICE.map(({ name }) => name))("is there for the setting %s", (name) => {
    expect(findPage(name)?.what.join(" ")).toContain(name);
  });

  it("cites its sources and fits 100 columns", () => {
    for (const page of PAGES) {
      expect([page.topic, page.sources.length > 0]).toEqual([page.topic, true]);
      for (const line of pageText(page).split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    }
  });

  it("is in the list of topics, which is cut only for a terminal", () => {
    for (const line of topicsText(60).split("\n")) expect(line.length).toBeLessThanOrEqual(60);
    for (const { title } of PAGES) expect(topicsText(null)).toContain(title);
  });

  it("has a unique name", () => {
    const names = PAGES.flatMap(({ topic, aliases }) => aliases.concat(topic));
    expect(new Set(names).size).toBe(names.length);
  });
});

test("a misspelt name finds similar topics, and any other name is harmless", () => {
  expect(nearestTopics("close-wiat")[0]).toBe("close-wait");
  expect(nearestTopics("tcp_tw_recycel")[0]).toBe("tcp_tw_recycle");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (topic) => {
      const nearest = nearestTopics(topic);
      expect(nearest).toHaveLength(3);
      for (const name of nearest) expect(safeText(name)).toBe(name);
    }),
  );
});

describe("verdicts", () => {
  it("are about existing findings, and never both yes and no", () => {
    for (const { name, helps, refusals } of SYSCTL_ADVICE) {
      for (const id of [...Object.keys(helps), ...Object.keys(refusals)])
        expect([name, FINDINGS]).toEqual([name, expect.arrayContaining([id])]);
      expect(Object.keys(helps).filter((id) => Object.hasOwn(refusals, id))).toEqual([]);
    }
  });

  it("never recommend a setting for CLOSE_WAIT or the duration of TIME_WAIT", () => {
    for (const { name, helps } of SYSCTL_ADVICE) {
      expect([name, Object.keys(helps)]).toEqual([
        name,
        expect.not.arrayContaining(["close-wait-leak", "time-wait-harmless"]),
      ]);
    }
  });
});

test("each rule is a file, named for what it finds", () => {
  const rooms = readdirSync(join(ROOT, "src/diagnosis/rules"), { withFileTypes: true, recursive: true });
  const files = rooms.filter((entry) => entry.isFile()).map(({ name }) => name.replace(".ts", ""));
  // One rule finds three states.
  const rules = new Set(
    FINDINGS.map((id) => (["fin-wait-1", "last-ack", "closing"].includes(id) ? "unanswered-close" : id)),
  );
  expect(new Set(files)).toEqual(rules);
});
