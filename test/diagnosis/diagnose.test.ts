import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { auditSettings } from "#src/diagnosis/audit.ts";
import { diagnose } from "#src/diagnosis/diagnose.ts";
import type { Finding } from "#src/diagnosis/facts/finding.ts";
import { SYSCTL_ADVICE } from "#src/diagnosis/sysctls/all.ts";
import { buildDiagnosis } from "#src/diagnosis/report.ts";
import type { HostFigures, NamespaceCounters } from "#src/model/net/counters.ts";
import type { CountersSeen, TraceEvent } from "#src/model/events/event.ts";
import type { SurveyedSocket } from "#src/model/events/survey.ts";
import { parseFilter } from "#src/model/filter/parse-filter.ts";
import { Model } from "#src/model/fold/model.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { safeText } from "#src/base/text.ts";
import { diagnoseJson } from "#src/view/print/diagnose-json.ts";
import { diagnoseText } from "#src/view/print/diagnose-text.ts";
import {
  child,
  childRow,
  fold,
  holder,
  listenerRow,
  MS,
  NETNS,
  polling,
  row,
  SECOND,
  survey,
  tick,
  timeWaitRow,
  tracing,
} from "#test/support/events/scenario.ts";
import { anyEvent } from "#test/support/events/any-event.ts";

const OPTIONS = { stuckAfterMs: 60_000 };

function found(...events: readonly TraceEvent[]): readonly Finding[] {
  return diagnose(fold(...events).model.tables, OPTIONS);
}

function ids(findings: readonly Finding[]): string[] {
  return findings.map(({ id }) => id);
}

const RANK = { critical: 0, warning: 1, info: 2 };

describe("for any events", () => {
  const anyRun = fc.array(anyEvent, { maxLength: 40 }).map((events) => {
    const model = new Model();
    for (const event of events.toSorted((a, b) => a.at - b.at)) model.fold(event);
    return model.tables;
  });

  it("findings are safe to print, cited, sorted and repeatable", () => {
    fc.assert(
      fc.property(anyRun, fc.nat(100_000), (tables, stuckAfterMs) => {
        const findings = diagnose(tables, { stuckAfterMs });
        expect(diagnose(tables, { stuckAfterMs })).toEqual(findings);
        const ranks = findings.map(({ severity }) => RANK[severity]);
        expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
        for (const { title, advice, avoid, sources, evidence } of findings) {
          const texts = [title, ...advice, ...avoid.flatMap(({ what, why }) => [what, why]), ...sources];
          for (const text of texts) expect(safeText(text)).toBe(text);
          expect(advice.length).toBeGreaterThan(0);
          expect(sources.length).toBeGreaterThan(0);
          for (const value of Object.values(evidence)) {
            if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
          }
        }
      }),
    );
  });

  it("the answer is one JSON document, and a text without control characters", () => {
    fc.assert(
      fc.property(anyRun, (tables) => {
        const diagnosis = buildDiagnosis(tables, OPTIONS);
        expect(diagnoseJson(diagnosis).trimEnd()).not.toContain("\n");
        expect(JSON.parse(diagnoseJson(diagnosis))).toHaveProperty("findings");
        for (const line of diagnoseText(diagnosis).split("\n")) expect(safeText(line)).toBe(line);
      }),
    );
  });
});

const SETTINGS = {
  timeWaitLimit: 1000,
  firstPort: 32_768,
  lastPort: 60_999,
  reservedPorts: 0,
  timeWaitReuse: 2,
  reuseDelayMs: 1000,
  timestamps: true,
  finTimeoutMs: 60_000,
  sysctls: { "net.ipv4.tcp_fin_timeout": "30", "net.core.somaxconn": "128" },
} as const;

function counted(
  at: number,
  counters: NamespaceCounters["counters"],
  fields: Partial<CountersSeen> = {},
): CountersSeen {
  return { kind: "counters", at, namespaces: [{ netns: NETNS, timeWait: 0, counters, settings: SETTINGS }], ...fields };
}

function host(fields: Partial<HostFigures>): { readonly host: HostFigures } {
  return { host: { openFiles: null, orphans: null, backlogDrops: null, sysctls: {}, ...fields } };
}

function limited(openFiles: number): TraceEvent {
  return counted(2 * SECOND, {}, host({ openFiles, sysctls: { "fs.file-max": "1000" } }));
}

function drops(at: number, backlogDrops: number): TraceEvent {
  return counted(at, {}, host({ backlogDrops, sysctls: { "net.core.netdev_max_backlog": "1000" } }));
}

/** A connection that has not been accepted for so many seconds, by two surveys. */
function waiting(seconds: number, fields: Partial<SurveyedSocket> = {}): TraceEvent[] {
  const listener = listenerRow({ receiveQueue: 1 });
  return [
    polling(0),
    survey(SECOND, [listener, childRow(TCP.ESTABLISHED)], [holder(7, 50)]),
    survey(seconds * SECOND, [listener, childRow(TCP.ESTABLISHED, fields)], [holder(7, 50)]),
  ];
}

/** A process with more and more descriptors of 100, up to 70 after six seconds. */
function rising(state: SurveyedSocket["state"]): TraceEvent[] {
  const surveys = Array.from({ length: 6 }, (_, index) =>
    survey((index + 1) * SECOND, [row(state)], [{ ...holder(7, 70), fdUsed: 60 + index * 2, fdLimit: 100 }]),
  );
  return [polling(0), ...surveys, tick(6 * SECOND + 5 * MS)];
}

describe("the machine's own limits", () => {
  test.each([
    [799, null],
    [800, "warning"],
    [949, "warning"],
    [950, "critical"],
  ])("%d of 1000 files: %s", (openFiles, severity) => {
    const findings = found(tracing(0), survey(SECOND, [row(TCP.ESTABLISHED)], [holder(7, 70)]), limited(openFiles));
    expect(findings.map((one) => [one.id, one.severity])).toEqual(
      severity === null ? [] : [["files-running-out", severity]],
    );
    if (severity !== null)
      expect(findings[0]).toMatchObject({ pid: 7, comm: "p7", evidence: { holders: ["p7 (7): 10"] } });
  });

  test("packets dropped before TCP are reported while they are dropped, but not those from before the run", () => {
    expect(found(drops(SECOND, 50), drops(2 * SECOND, 50))).toEqual([]);
    const [finding] = found(drops(SECOND, 50), drops(3 * SECOND, 70));
    expect(finding).toMatchObject({ id: "backlog-drops", evidence: { dropped: 20, netdevMaxBacklog: 1000 } });
    expect(finding?.title).toContain("10/s");
  });

  test("an older recording without these counters reports nothing about them", () => {
    expect(found(counted(SECOND, { ActiveOpens: 1 }), counted(2 * SECOND, { ActiveOpens: 2 }))).toEqual([]);
  });
});

describe("what the kernel counts", () => {
  test("is reported for a minute after the last increase", () => {
    const overflow = [counted(0, { ListenOverflows: 5 }), counted(SECOND, { ListenOverflows: 9 })];
    expect(found(...overflow)[0]).toMatchObject({ id: "listen-overflow", evidence: { overflows: 4 } });
    const quiet = Array.from({ length: 70 }, (_, second) => counted((second + 2) * SECOND, { ListenOverflows: 9 }));
    expect(ids(found(...overflow, ...quiet.slice(0, 50)))).toEqual(["listen-overflow"]);
    expect(found(...overflow, ...quiet)).toEqual([]);
  });

  test("is not reported under a filter", () => {
    const { model } = fold(counted(0, { ListenOverflows: 5 }), counted(SECOND, { ListenOverflows: 9 }));
    const parsed = parseFilter("port:80");
    if (!parsed.ok) throw new Error(parsed.error);
    expect(diagnose(model.tables, { ...OPTIONS, filter: parsed.filter })).toEqual([]);
  });
});

/** Two listeners of processes 7 and 8, on ports 80 and 81, with backlogs of 10 and so many in their queues. */
function twoListeners(first: number, second: number): TraceEvent[] {
  const rows = [listenerRow({ receiveQueue: first }), listenerRow({ receiveQueue: second, inode: 51, localPort: 81 })];
  return [polling(0), survey(SECOND, rows, [holder(7, 50), holder(8, 51)]), backlogs({ 50: 10, 51: 10 })];
}

/** Each listener's backlog, by its inode. */
function backlogs(limits: Readonly<Record<number, number>>): TraceEvent {
  const rows = Object.entries(limits).map(([inode, backlog]) => ({ netns: NETNS, inode: Number(inode), backlog }));
  return { kind: "details", at: SECOND + MS, askedAt: SECOND, details: [], backlogs: rows };
}

/** So many handshakes on this port that their clients have not ended. */
function halfOpen(localPort: number, count: number): SurveyedSocket[] {
  return Array.from({ length: count }, (_, index) =>
    childRow(TCP.SYN_RECV, { localPort, remotePort: 1000 + index, remoteAddress: 0x0a00_0001 + index }),
  );
}

describe("an overflow", () => {
  const overflow = [counted(SECOND, { ListenOverflows: 5 }), counted(2 * SECOND, { ListenOverflows: 9 })];

  test("is charged to the full queue, or to none if the queue is unknown", () => {
    const told = found(...twoListeners(1, 11), ...overflow).find(({ id }) => id === "listen-overflow");
    expect(told).toMatchObject({ pid: 8, evidence: { listener: "0.0.0.0:81", waiting: 11 } });
    expect(found(...twoListeners(1, 0), ...overflow)[0]).toMatchObject({ pid: null, evidence: { listener: null } });
  });

  test("is the only listener's", () => {
    const only = survey(SECOND, [listenerRow()], [holder(7, 50)]);
    expect(found(polling(0), only, ...overflow)[0]).toMatchObject({ pid: 7, evidence: { listener: "0.0.0.0:80" } });
  });

  test("of half-open handshakes is charged to the fullest queue only", () => {
    const listeners = [listenerRow(), listenerRow({ inode: 51, localPort: 81 })];
    const rows = [...listeners, ...halfOpen(80, 20), ...halfOpen(81, 50)];
    const findings = found(
      polling(0),
      survey(SECOND, rows, [holder(7, 50), holder(8, 51)]),
      backlogs({ 50: 1000, 51: 100 }),
      counted(SECOND, { TCPReqQFullDrop: 0 }),
      counted(2 * SECOND, { TCPReqQFullDrop: 9 }),
    ).filter(({ id }) => id === "syn-recv");
    expect(findings.map(({ pid, severity }) => [pid, severity])).toEqual([[8, "critical"]]);
  });
});

describe("an accept queue", () => {
  test("that is full for a moment is not stalled, but one that stays full is", () => {
    const listener = listenerRow({ receiveQueue: 11 });
    const full = [survey(2 * SECOND, [listener, childRow(TCP.ESTABLISHED)], [holder(7, 50)]), backlogs({ 50: 10 })];
    const before = survey(SECOND, [listenerRow()], [holder(7, 50)]);
    const traced = [
      child(1.9 * SECOND, TCP.LISTEN, TCP.SYN_RECV),
      child(1.9 * SECOND + MS, TCP.SYN_RECV, TCP.ESTABLISHED),
    ];
    expect(found(tracing(0), before, ...traced, ...full)).toEqual([]);
    expect(ids(found(tracing(0), ...full))).toEqual(["accept-queue-stalled"]);
  });

  test("is stalled when a survey shows that its oldest has waited for three seconds", () => {
    expect(found(...waiting(3.9))).toEqual([]);
    expect(found(...waiting(4))[0]).toMatchObject({ id: "accept-queue-stalled", pid: 7, evidence: { waiting: 1 } });
  });

  test("is empty when the last survey shows that its sockets were accepted", () => {
    expect(found(...waiting(9, { inode: 60 }))).toEqual([]);
  });

  test("is not stalled until a survey confirms it", () => {
    expect(found(...waiting(2), tick(60 * SECOND))).toEqual([]);
  });
});

/** So many sockets of process 7 in FIN_WAIT1, and so many that it has closed in the last seconds. */
function closing(count: number, closed: number, onePeer = false): readonly Finding[] {
  const rows = Array.from({ length: count }, (_, index) =>
    row(TCP.FIN_WAIT1, { inode: index + 1, localPort: 50_000 + index, remoteAddress: onePeer ? 9 : 1000 + index }),
  );
  const inodes = rows.map(({ inode }) => inode);
  const { tables } = fold(polling(0), survey(SECOND, rows, [holder(7, ...inodes)]), tick(10 * SECOND)).model;
  for (let index = 0; index < closed; index++) tables.processes.at(7)?.closed.add(9.5 * SECOND);
  return diagnose(tables, OPTIONS);
}

describe("unanswered closes", () => {
  test("are reported if they are many for the process, or from one peer", () => {
    expect(ids(closing(20, 0))).toEqual(["fin-wait-1"]);
    expect(closing(20, 100)).toEqual([]);
    expect(ids(closing(20, 100, true))).toEqual(["fin-wait-1"]);
  });
});

test.each([
  [9, []],
  [10, ["info"]],
  [100, ["warning"]],
])("%d orphans in FIN_WAIT2 that a peer on this machine does not close: %j", (count, severities) => {
  const timeWaits = Array.from({ length: count }, (_, index) =>
    timeWaitRow({ state: TCP.FIN_WAIT2, localPort: 40_000 + index }),
  );
  const seen = (at: number): TraceEvent => ({ ...survey(at, []), timeWaits });
  const findings = found(polling(0), seen(SECOND), seen(6 * SECOND)).filter(({ id }) => id === "fin-wait-2");
  expect(findings.map(({ severity }) => severity)).toEqual(severities);
  for (const { id, advice } of findings)
    expect([id, advice[0]]).toEqual(["fin-wait-2", expect.stringContaining("on this machine")]);
});

test("orphans in FIN_WAIT2 that do not match the filter are not reported", () => {
  const timeWaits = Array.from({ length: 20 }, (_, index) =>
    timeWaitRow({ state: TCP.FIN_WAIT2, localPort: 40_000 + index, remotePort: 443 }),
  );
  const seen = (at: number): TraceEvent => ({ ...survey(at, []), timeWaits });
  const { tables } = fold(polling(0), seen(SECOND), seen(6 * SECOND), tick(6 * SECOND)).model;
  const filtered = (words: string): string[] => {
    const parsed = parseFilter(words);
    if (!parsed.ok) throw new Error(words);
    return ids(diagnose(tables, { ...OPTIONS, filter: parsed.filter }));
  };
  expect(filtered("port:443")).toEqual(["fin-wait-2"]);
  expect(filtered("port:444")).toEqual([]);
});

test("findings of a rule are limited, and the rest is counted", () => {
  const sockets = Array.from({ length: 150 }, (_, index) =>
    row(TCP.CLOSE_WAIT, { inode: index + 1, localPort: index + 1 }),
  );
  const holders = sockets.map(({ inode }) => holder(inode, inode));
  const findings = found(polling(0), survey(SECOND, sockets, holders), survey(200 * SECOND, sockets, holders));
  expect(findings).toHaveLength(101);
  expect(findings.at(-1)).toMatchObject({ pid: null, evidence: { notShown: 50 } });
});

test("a name with control characters is shown escaped", () => {
  const sockets = [row(TCP.CLOSE_WAIT)];
  const evil = { ...holder(7, 70), comm: safeText("\u001b[2J\nCRITICAL") };
  const [finding] = found(polling(0), survey(SECOND, sockets, [evil]), survey(100 * SECOND, sockets, [evil]));
  expect(finding?.title).toContain("\\x1b[2J\\x0aCRITICAL (pid 7)");
});

describe("the audited settings", () => {
  const leaking = [row(TCP.CLOSE_WAIT)];
  const { tables } = fold(
    polling(0),
    survey(SECOND, leaking, [holder(7, 70)]),
    counted(2 * SECOND, {}, host({ sysctls: { "fs.file-max": "1000" } })),
    survey(100 * SECOND, leaking, [holder(7, 70)]),
  ).model;
  const findings = diagnose(tables, OPTIONS);
  const audit = auditSettings(tables, findings);

  it("are listed with their values on this machine", () => {
    expect(audit.map(({ name }) => name)).toEqual(SYSCTL_ADVICE.map(({ name }) => name));
    const value = (name: string): string | null | undefined => audit.find((one) => one.name === name)?.value;
    expect(value("net.ipv4.tcp_fin_timeout")).toBe("30");
    expect(value("fs.file-max")).toBe("1000");
    expect(value("RLIMIT_NOFILE")).toBe("1024");
    expect(value("net.ipv4.tcp_tw_recycle")).toBeNull();
  });

  it("none ends CLOSE_WAIT, and each that is said to is refused", () => {
    const verdicts = audit.flatMap((one) => one.verdicts);
    expect(verdicts.length).toBeGreaterThan(5);
    expect(verdicts.filter(({ helps }) => helps)).toEqual([]);
  });

  it("are compared with the kernel's defaults if there are no findings", () => {
    const well = fold(polling(0), survey(SECOND, [], []), counted(2 * SECOND, {})).model.tables;
    const text = diagnoseText(buildDiagnosis(well, OPTIONS));
    expect(text).toMatch(/^No problems found: watched /);
    expect(text.replaceAll(/\s+/g, " ")).toContain(
      "not the kernel's default: somaxconn 128 (default 4096), tcp_fin_timeout 30 (default 60).",
    );
  });
});

test("a process running out of descriptors is reported with the time left, unless its leak is reported", () => {
  const [finding] = found(...rising(TCP.ESTABLISHED));
  expect(finding).toMatchObject({ id: "descriptors-running-out", severity: "critical", pid: 7 });
  expect(finding?.evidence["fdExhaustedInMs"]).toBeCloseTo(15_000, -3);
  const { tables } = fold(...rising(TCP.CLOSE_WAIT)).model;
  expect(ids(diagnose(tables, { stuckAfterMs: 1000 }))).toEqual(["close-wait-leak"]);
  expect(ids(diagnose(tables, OPTIONS))).toEqual(["descriptors-running-out"]);
});
