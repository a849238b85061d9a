import { describe, expect, test } from "vitest";
import type { TraceEvent } from "../../src/model/event.ts";
import { describeProc, pollInterval, procSource } from "../../src/source/proc.ts";
import { descriptorOf, listen } from "../host/children.ts";

const HOUR_MS = 3_600_000;

const kinds = (batch: readonly TraceEvent[] | undefined): string[] => (batch ?? []).map(({ kind }) => kind);

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

test("what it says of itself", () => {
  expect(describeProc(1000, "not root")).toBe("/proc every 1 s: not root");
  expect(describeProc(1500, "not root")).toBe("/proc every 1.5 s: not root");
});

test("a poll costs at most 5 % of a core", () => {
  expect(pollInterval(1000, 0)).toBe(1000);
  expect(pollInterval(1000, 50)).toBe(1000);
  expect(pollInterval(1000, 400)).toBe(8000);
});

describe("events", () => {
  test("first who and when, then a survey each poll and ticks between, in order of time", async () => {
    const controller = new AbortController();
    const { server } = await listen("127.0.0.1");
    const batches: (readonly TraceEvent[])[] = [];
    let second: Awaited<ReturnType<typeof listen>> | null = null;
    const wallBefore = Date.now();
    for await (const batch of procSource({ intervalMs: 1, reason: "because" }).events(controller.signal)) {
      batches.push(batch);
      // From the first survey on there is one listener more.
      second ??= await listen("127.0.0.1");
      if (batches.filter((seen) => kinds(seen).includes("survey")).length === 2) controller.abort();
    }
    expect(kinds(batches[0])).toEqual(["anchor", "source", "survey", "tick"]);
    // The last poll is the look back at the end.
    expect(batches.map(kinds).filter((seen) => seen.includes("survey"))).toHaveLength(3);
    expect(kinds(batches.at(-1))).toEqual(["survey", "counters", "tick"]);
    const events = batches.flat();
    expect(events).toEqual(events.toSorted((a, b) => a.at - b.at));

    const [anchor, source] = events;
    if (anchor?.kind !== "anchor" || source?.kind !== "source" || second === null) throw new Error("not there");
    expect(anchor.wallMs).toBeGreaterThanOrEqual(wallBefore);
    expect(anchor.wallMs).toBeLessThanOrEqual(Date.now());
    expect(source).toMatchObject({ source: "proc", detail: "/proc every 0 s: because" });

    const [before, after] = events.filter((event) => event.kind === "survey");
    const { inode } = descriptorOf(second.server);
    const has = (wanted: number) => (event: typeof before) =>
      event?.sockets.some((socket) => socket.inode === wanted) ?? false;
    expect([before, after].map(has(descriptorOf(server).inode))).toEqual([true, true]);
    expect([before, after].map(has(inode))).toEqual([false, true]);
  });

  test("ticks come though the next poll is far; an abort ends the wait, and no timer stays", async () => {
    const controller = new AbortController();
    const before = timers();
    const events = procSource({ intervalMs: HOUR_MS, reason: "because" }).events(controller.signal);
    const iterator = events[Symbol.asyncIterator]();
    expect(kinds((await iterator.next()).value)).toContain("survey");
    expect(kinds((await iterator.next()).value)).toEqual(["tick"]);
    const next = iterator.next();
    controller.abort();
    expect(kinds((await next).value)).toEqual(["survey", "counters", "tick"]);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(timers()).toBeLessThanOrEqual(before);
  });

  test("an abort before the begin: nothing", async () => {
    const events = procSource({ reason: "because" }).events(AbortSignal.abort());
    expect(await events[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
  });

  test("a consumer that leaves", async () => {
    const before = timers();
    for await (const _ of procSource({ reason: "because" }).events(new AbortController().signal)) break;
    expect(timers()).toBeLessThanOrEqual(before);
  });
});
