import { describe, expect, test } from "vitest";
import type { TraceEvent } from "#src/model/events/event.ts";
import { procSource } from "#src/source/proc.ts";
import { startChild } from "#test/support/machine/children.ts";

const FAST = { intervalMs: 1, mostOfACore: 1 };
const HOURLY = { intervalMs: 3_600_000, mostOfACore: 1 };

/** Details are read if any process on the machine has a socket in CLOSE_WAIT. */
const kinds = (batch: readonly TraceEvent[] | undefined): string[] =>
  (batch ?? []).map(({ kind }) => kind).filter((kind) => kind !== "details");

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

/** Another process that listens on loopback until the test ends; its port. */
async function listener(): Promise<number> {
  const { ready } = await startChild(`
    const server = require("node:net").createServer().listen(0, "127.0.0.1", () => console.log(server.address().port));`);
  return Number(ready[0]);
}

describe("events", () => {
  test("first the source and the clock, then a survey for each poll and ticks between them", async () => {
    const controller = new AbortController();
    const older = await listener();
    const events: TraceEvent[] = [];
    let younger: number | null = null;
    const wallBefore = Date.now();
    for await (const batch of procSource({ reason: "because", pace: FAST }).events(controller.signal)) {
      events.push(...batch);
      expect(kinds(batch).at(-1)).toBe(batch[0]?.kind === "anchor" ? "anchor" : "tick");
      if (!kinds(batch).includes("survey")) continue;
      // From the first survey on there is one listener more.
      if (younger !== null) controller.abort();
      younger ??= await listener();
    }
    expect(kinds(events).slice(0, 2)).toEqual(["anchor", "source"]);
    expect(kinds(events).slice(-3)).toEqual(["survey", "counters", "tick"]);

    const [anchor, source] = events;
    if (anchor?.kind !== "anchor" || source?.kind !== "source") throw new Error("not there");
    expect(anchor.wallMs).toBeGreaterThanOrEqual(wallBefore);
    expect(anchor.wallMs).toBeLessThanOrEqual(Date.now());
    expect(source).toMatchObject({ source: "proc", ready: true, detail: "/proc at most every 0 s: because" });

    const surveys = events.filter((event) => event.kind === "survey");
    // The last poll is the final one, after the run.
    expect(surveys.map(({ poll }) => poll !== undefined)).toEqual([true, true, false]);
    for (const { poll } of surveys.slice(0, 2)) expect(poll?.cpuMs).toBeGreaterThan(0);
    const has = (port: number | null) => (event: (typeof surveys)[number]) =>
      event.sockets.some(({ localPort }) => localPort === port);
    expect(surveys.map(has(older))).toEqual([true, true, true]);
    expect(surveys.map(has(younger))).toEqual([false, true, true]);
  });

  test("ticks come even if the next poll is far off; an abort ends the wait, and leaves no timer", async () => {
    const controller = new AbortController();
    const before = timers();
    const events = procSource({ reason: "because", pace: HOURLY }).events(controller.signal);
    const iterator = events[Symbol.asyncIterator]();
    const told = async (): Promise<string[]> => kinds((await iterator.next()).value);
    while (!(await told()).includes("survey"));
    expect((await told()).filter((kind) => kind !== "details" && kind !== "counters")).toEqual(["tick"]);
    const next = told();
    controller.abort();
    expect(await next).toEqual(["survey", "counters", "tick"]);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(timers()).toBeLessThanOrEqual(before);
  });

  test("an abort before the start: nothing", async () => {
    const events = procSource({ reason: "because", pace: FAST }).events(AbortSignal.abort());
    expect(await events[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
  });

  test("a consumer that leaves", async () => {
    const before = timers();
    for await (const _ of procSource({ reason: "because", pace: FAST }).events(new AbortController().signal)) break;
    expect(timers()).toBeLessThanOrEqual(before);
  });
});
