import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { takeSurvey } from "#src/host/survey/survey.ts";
import type { Survey } from "#src/model/events/survey.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { BESIDE_TRACER, Surveyor } from "#src/source/surveys/surveyor.ts";
import { holder, row, SECOND, survey } from "#test/support/events/scenario.ts";

const NEVER = new AbortController().signal;
const MINUTE_MICROS = 60_000_000;

/** Ends the survey under way. */
let finish: (survey: Survey) => void = () => {};
let now = 0;
/** Replaces takeSurvey(): never ends by itself. */
const surveyOnce = vi.fn<typeof takeSurvey>();

beforeEach(() => {
  now = 0;
  surveyOnce.mockReset().mockImplementation(async () => new Promise((resolve) => (finish = resolve)));
  // Each survey costs a minute of a core, so that the next one is due in fifty.
  vi.spyOn(process, "cpuUsage").mockReturnValue({ user: MINUTE_MICROS, system: 0 });
});

afterEach(() => {
  vi.restoreAllMocks();
});

function newSurveyor(): Surveyor {
  return new Surveyor(() => now, NEVER, BESIDE_TRACER, surveyOnce);
}

/** A surveyor whose first survey, begun at 1 s, is under way. */
function begun(): Surveyor {
  const surveyor = newSurveyor();
  now = SECOND;
  expect(surveyor.take()).toBeNull();
  expect(surveyor.begunAt).toBe(SECOND);
  now = 2 * SECOND;
  return surveyor;
}

async function finishSurvey(): Promise<Survey> {
  const done = survey(SECOND, []);
  finish(done);
  await turn();
  return done;
}

test("an expensive survey is not followed by another at once, however urgent", async () => {
  const surveyor = begun();
  const done = await finishSurvey();
  expect(surveyor.take(true)).toMatchObject(done);
  expect(surveyor.take(true)).toBeNull();
  expect(surveyor.begunAt).toBeNull();
  expect(surveyOnce).toHaveBeenCalledTimes(1);
});

test("an expedited survey begins as soon as the one under way is taken, even if that was expensive", async () => {
  const surveyor = begun();
  surveyor.expedite();
  expect(surveyor.take()).toBeNull();
  expect(surveyOnce).toHaveBeenCalledTimes(1);
  const done = await finishSurvey();
  expect(surveyor.take()).toMatchObject(done);
  expect(surveyor.begunAt).toBe(2 * SECOND);
  expect(surveyOnce).toHaveBeenCalledTimes(2);
});

test("an expedited survey begins at once if none is under way, and only one does", async () => {
  const surveyor = begun();
  await finishSurvey();
  surveyor.take();
  surveyor.expedite();
  expect(surveyor.begunAt).toBeNull();
  surveyor.take();
  expect(surveyor.begunAt).toBe(2 * SECOND);
  await finishSurvey();
  surveyor.take();
  expect(surveyor.begunAt).toBeNull();
  expect(surveyOnce).toHaveBeenCalledTimes(2);
});

test("the next survey waits until the finished one has been taken", async () => {
  const surveyor = begun();
  await finishSurvey();
  expect(surveyor.begunAt).toBe(SECOND);
  expect(surveyor.take()).not.toBeNull();
  expect(surveyor.begunAt).toBeNull();
});

test("a survey that began too early is dropped, and the next one begins as soon as it has ended", async () => {
  const surveyor = begun();
  surveyor.restart();
  await finishSurvey();
  expect(surveyor.take()).toBeNull();
  expect(surveyor.begunAt).toBe(2 * SECOND);
  const second = await finishSurvey();
  expect(surveyor.take()).toMatchObject({ at: second.at });
});

test("a finished survey that began too early is dropped too", async () => {
  const surveyor = begun();
  await finishSurvey();
  surveyor.restart();
  expect(surveyor.take()).toBeNull();
  expect(surveyor.begunAt).toBe(2 * SECOND);
});

test("each survey reports its cost, with that of folding the last one, and the interval until the next", async () => {
  const surveyor = begun();
  const minute = 60_000;
  await finishSurvey();
  expect(surveyor.take()?.poll).toEqual({ cpuMs: minute, intervalMs: 100 * minute });
  surveyor.charge(minute);
  expect(surveyor.intervalMs).toBe(200 * minute);
  surveyor.pace = { intervalMs: 1000, mostOfACore: 1 };
  expect(surveyor.intervalMs).toBe(2 * minute);
});

test("the failure of a survey is thrown by the next take", async () => {
  surveyOnce.mockRejectedValue(new Error("/proc is not mounted"));
  const surveyor = newSurveyor();
  surveyor.take();
  await turn();
  expect(() => surveyor.take()).toThrow("/proc is not mounted");
});

test("tcptrace's own sockets are left out", async () => {
  const surveyor = begun();
  const sockets = [
    row(TCP.LISTEN, { inode: 70 }),
    row(TCP.CLOSE_WAIT, { inode: 71 }),
    row(TCP.CLOSE_WAIT, { inode: 0 }),
  ];
  finish(survey(SECOND, sockets, [holder(process.pid, 70), holder(9, 71)]));
  await turn();
  const taken = surveyor.take();
  expect(taken?.sockets.map(({ inode }) => inode)).toEqual([71, 0]);
  expect(taken?.processes.map(({ pid }) => pid)).toEqual([9]);
});
