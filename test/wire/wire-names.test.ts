import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Accept, Task, Transition } from "#src/model/events/event.ts";
import { safeBytes } from "#src/base/text.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { acceptLine, heartbeatLine, sentOf, transitionLine } from "#test/support/wire/wire-lines.ts";
import { cut, decode, type Decoded } from "#test/support/wire/decode.ts";

/* A process may have any name: up to 15 bytes except NUL. */

const task: Task = { pid: 666, uid: 1000, comm: "" };
const CLOSED: Transition = {
  kind: "transition",
  at: 764_000_000_000,
  address: 0x8881_0697_dc80,
  from: TCP.ESTABLISHED,
  to: TCP.FIN_WAIT1,
  netns: 0xf000_0000,
  localAddress: 0x7f00_0001,
  localPort: 80,
  remoteAddress: 0x7f00_0001,
  remotePort: 40_000,
  inode: 4711,
  evidence: { dead: false, done: false, acked: false, noFinWait2: false, error: 0, left: "unknown" },
  task,
};
const CLOSED6: Transition = { ...CLOSED, localAddress: "0".repeat(31) + "1", remoteAddress: "0".repeat(31) + "1" };
const ACCEPTED: Accept = { kind: "accept", at: 764_000_000_001, address: CLOSED.address, inode: 4711, fd: 3, task };
const AFTER: Transition = { ...CLOSED, at: 764_000_000_002, task: null };

type Line = (comm: Uint8Array) => Buffer;
const LINES: readonly (readonly [event: Transition | Accept, line: Line])[] = [
  [CLOSED, (comm) => transitionLine(CLOSED, { comm })],
  [CLOSED6, (comm) => transitionLine(CLOSED6, { comm })],
  [ACCEPTED, (comm) => acceptLine(ACCEPTED, { comm })],
];

/** The ways in which this name may be shown: whole, or cut where it looks like the end of a line. */
function namesOf(comm: Buffer): string[] {
  const names = [safeBytes(comm)];
  for (let at = comm.indexOf("|\n"); at >= 0; at = comm.indexOf("|\n", at + 1))
    names.push(safeBytes(comm.subarray(0, at)));
  return names;
}

/** Events without their names, and the names. */
function split(decoded: readonly Decoded[]): { rest: unknown[]; comms: string[] } {
  const comms: string[] = [];
  const rest = decoded.map((one) => {
    if (one === "malformed" || !("event" in one) || one.event.task === null) return one;
    comms.push(one.event.task.comm);
    return { ...one, event: { ...one.event, task: { ...one.event.task, comm: "" } } };
  });
  return { rest, comms };
}

const byte = fc.integer({ min: 1, max: 255 });
const look = fc.constantFrom(
  "\nt 1 7100 0 0 0",
  "\n@n[0]: 9",
  "\n@n[0]: 9\n",
  "x|\nH 1 2 3",
  "|\nA 1",
  "|\n",
  "|",
  "\n",
  "\n\n",
  "T 1 ",
  "\u001B[2J",
  "\u202E",
  "\r",
  " ",
);
const part = fc.oneof(
  look,
  fc.array(byte, { maxLength: 15 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
);
const anyComm = fc.array(part, { maxLength: 4 }).map((parts) => Buffer.from(parts.join(""), "latin1").subarray(0, 15));

describe("a hostile process name", () => {
  test.each([
    ["a newline", "a\nb"],
    ["a newline at its begin", "\nab"],
    ["a newline at its end", "ab\n"],
    ["newlines only", "\n\n\n"],
    ["a bar", "a|b"],
    ["a bar at its end", "ab|"],
    ["nothing", ""],
    ["spaces", "  "],
    ["an escape", "\u001B[31mred"],
    ["bytes that are no text", "\u00FF\u00FE\u00C3"],
    ["a transition", "\nt 1 7100 0 0 0"],
    ["a count", "\n@n[0]: 9"],
  ])("of %s is shown unchanged, and safe to print", (_kind, name) => {
    const comm = Buffer.from(name, "latin1");
    expect(decode(transitionLine(CLOSED, { comm }), transitionLine(AFTER))).toEqual([
      { event: { ...CLOSED, task: { ...task, comm: safeBytes(comm) } }, cpu: 0 },
      { event: AFTER, cpu: 0 },
    ]);
  });

  test.each([
    ["a heartbeat after an end of line", "x|\nH 1 2 3", "x"],
    ["a count after an end of line", "x|\n@n[0]: 9\n", "x"],
    ["an end of line at once", "|\nt 1 7100 0 0", ""],
  ])("with %s is cut there and forges nothing", (_kind, name, shown) => {
    const comm = Buffer.from(name, "latin1");
    expect(decode(transitionLine(CLOSED, { comm }), transitionLine(AFTER))).toEqual([
      { event: { ...CLOSED, task: { ...task, comm: shown } }, cpu: 0 },
      { event: AFTER, cpu: 0 },
    ]);
  });

  test("of any kind loses no event, forges no event or heartbeat, and is printable", () => {
    const sent = fc.tuple(fc.constantFrom(...LINES), anyComm);
    fc.assert(
      fc.property(
        fc.array(sent, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        (all, places) => {
          const lines = all.flatMap(([[, line], comm]) => [
            line(comm),
            heartbeatLine(0, sentOf({ 0x18: 77 }), 1e9),
            transitionLine(AFTER),
          ]);
          const { rest, comms } = split(decode(...cut(Buffer.concat(lines), places)));
          expect(rest).toEqual(
            all.flatMap(([[event]]) => [
              { event, cpu: 0 },
              { heartbeat: [0, sentOf({ 0x18: 77 }), 1e9] },
              { event: AFTER, cpu: 0 },
            ]),
          );
          for (const [index, comm] of comms.entries()) {
            expect(namesOf(all[index]?.[1] ?? Buffer.alloc(0))).toContain(comm);
            expect(comm).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
