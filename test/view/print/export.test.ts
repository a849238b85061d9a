import { describe, expect, test } from "vitest";
import type { Transition } from "#src/model/events/event.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { CSV_HEADER, transitionCsv } from "#src/view/print/events-csv.ts";
import { TraceEvents } from "#src/view/print/trace-events.ts";
import { accept, child, fold, listening, MS, taskOf, tracing, transition } from "#test/support/events/scenario.ts";

/** So many connections to one server, all open at once for a millisecond. */
function connections(count: number): Transition[] {
  const events: Transition[] = [];
  for (let index = 0; index < count; index++) {
    const at = 10 * MS + index;
    const fields = { address: 0xc000 + index, localPort: 40_000 + index, task: taskOf(2) };
    events.push(transition(at, TCP.CLOSE, TCP.SYN_SENT, fields));
    events.push(transition(at + MS, TCP.SYN_SENT, TCP.ESTABLISHED, fields));
    events.push(transition(at + 2 * MS, TCP.ESTABLISHED, TCP.CLOSE, fields));
  }
  return events.toSorted((a, b) => a.at - b.at);
}

describe("CSV", () => {
  test("has a column per header word, empty for unknown values", () => {
    const { rows } = fold(tracing(1), listening(2, 1), child(3, TCP.LISTEN, TCP.SYN_RECV), accept(4, 1));
    const lines = rows.map((row) => transitionCsv(row, 1.7e12));
    expect(lines[1]).toBe(
      "2023-11-14T22:13:20.000000Z,s2,4026531840,127.0.0.1:80,127.0.0.1:40000,LISTEN,SYN_RECV,,1,p1,listener,syn",
    );
    for (const line of lines) expect(line.split(",")).toHaveLength(CSV_HEADER.split(",").length);
  });

  test.each([
    ["=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"],
    ["-1+1", "'-1+1"],
    ['a,"b"', '"a,""b"""'],
    ["api", "api"],
  ])("a name that is a formula or a comma is text: %s", (comm, shown) => {
    const task = { pid: 9, uid: 0, comm };
    const { rows } = fold(tracing(1), transition(2, TCP.CLOSE, TCP.SYN_SENT, { task }));
    expect(rows.map((row) => transitionCsv(row, 0)).join()).toContain(`,9,${shown},syscall,`);
  });
});

interface Span {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
}

function spansOf(events: readonly Transition[]): Span[] {
  const trace = new TraceEvents();
  const { rows, model } = fold(tracing(1), ...events);
  const values = rows.flatMap((row) => Array.from(trace.row(row)));
  const all: Span[] = [...values, ...trace.end(model.now)].map((value) => JSON.parse(value));
  return all.filter(({ ph }) => ph === "X");
}

describe("trace events", () => {
  test("have a span for each socket and in it one for each of its states, in its process", () => {
    const spans = spansOf(connections(1));
    expect(spans.map(({ name, pid, ts, dur }) => [name, pid, ts, dur])).toEqual([
      ["127.0.0.1:40000 → 127.0.0.1:80", 2, 10_000, 2000],
      ["SYN_SENT", 2, 10_000, 1000],
      ["ESTABLISHED", 2, 11_000, 1000],
    ]);
  });

  test("that overlap get lanes of their own, and later ones reuse a free lane", () => {
    const later = connections(3).map((event) =>
      Object.assign({}, event, { at: event.at + 100 * MS, address: event.address + 100 }),
    );
    const sockets = spansOf([...connections(3), ...later]).filter(({ name }) => name.includes("→"));
    expect(sockets.map(({ tid }) => tid).toSorted((a, b) => a - b)).toEqual([1, 1, 2, 2, 3, 3]);
  });

  test("show sockets still open at the end", () => {
    const open = connections(1).slice(0, 2);
    expect(spansOf(open).map(({ name, dur }) => [name, dur])).toEqual([
      ["127.0.0.1:40000 → 127.0.0.1:80", 1000],
      ["SYN_SENT", 1000],
      ["ESTABLISHED", 0],
    ]);
  });
});
