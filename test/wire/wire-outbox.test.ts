import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Accept, Task, Transition } from "#src/model/events/event.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { NameBook } from "#src/wire/name-book.ts";
import { WireDecoder } from "#src/wire/wire.ts";
import {
  acceptLine,
  answerLine,
  nameLine,
  NO_PLACE,
  outboxLine,
  type Place,
  placesOf,
  transitionLine,
} from "#test/support/wire/wire-lines.ts";
import { cut, decode, type Decoded } from "#test/support/wire/decode.ts";

/* Several events in one line, and names on lines of their own (probes/outbox.bt). */

const CURL: Task = { pid: 0x30ff, uid: 1000, comm: "curl" };
const V4: Transition = {
  kind: "transition",
  at: 0xb1f_0ffa_82a,
  address: 0x8881_0697_dc80,
  from: TCP.ESTABLISHED,
  to: TCP.CLOSE_WAIT,
  netns: 0xefff_fff9,
  localAddress: 0x7f00_0001,
  localPort: 80,
  remoteAddress: 0x0a00_0002,
  remotePort: 47_109,
  inode: 0xfedc_ba98,
  evidence: { dead: false, done: true, acked: false, noFinWait2: false, error: 104, left: "unknown" },
  task: CURL,
};
const V6: Transition = {
  ...V4,
  localAddress: "20010db8000000000000000000000001",
  remoteAddress: "fe80000000000000a1b2c3d4e5f60718",
};
const MIXED: Transition = { ...V4, localAddress: "0".repeat(32) };
const ACCEPT: Accept = { kind: "accept", at: V4.at, address: V4.address, inode: 4242, fd: 17, task: CURL };
const NAME = nameLine(1, CURL);

function later<E extends Transition | Accept>(event: E, nanos: number): E {
  return { ...event, at: event.at + nanos };
}

function lineOf(event: Transition | Accept, cpu: number): Buffer {
  return event.kind === "accept" ? acceptLine(event, { cpu }) : transitionLine(event, { cpu });
}

describe("an event in an outbox is the same as on a line of its own", () => {
  test("a line written by hand from the header of outbox.bt", () => {
    const place = "b1f0ffa82a 88810697dc807208 effffff90000b805 100007f0100007f 41da0000030ff00";
    expect(decode("N 000000b1f0ffa82a 3e8000030ff curl|\n", `E 1 ${place}${" 0".repeat(15)}\n`)).toEqual(
      decode("T b1f0ffa82a 88810697dc807208 effffff90000b805 41da000000100 100007f0100007f 3e8000030ff curl|\n"),
    );
  });

  test.each<[string, Transition | Accept]>([
    ["IPv4", V4],
    ["IPv4 that no process did", { ...V4, task: null }],
    ["IPv6", V6],
    ["IPv6 that no process did", { ...V6, task: null }],
    ["IPv4 on a socket of [::]", MIXED],
    ["an accept", ACCEPT],
    ["an accept that failed", { ...ACCEPT, fd: null }],
  ])("%s", (_name, event) => {
    const decoded = decode(NAME, outboxLine(3, placesOf(event)));
    expect(decoded).toEqual([{ event, cpu: 3 }]);
    expect(decoded).toEqual(decode(lineOf(event, 3)));
  });

  test("four in one line, each with fields that the one before lacks", () => {
    const events = [ACCEPT, later({ ...V4, task: null }, 1), later(V4, 2), later({ ...ACCEPT, fd: 3 }, 3)];
    const decoded = decode(NAME, outboxLine(0, events.flatMap(placesOf)));
    expect(decoded).toEqual(events.map((event) => ({ event, cpu: 0 })));
  });
});

test("the last one in a line is the newest, whatever the places before it still show of a lost line", () => {
  const [two, three, five, six] = [2, 3, 5, 6].map((nanos) => later(V4, nanos));
  if (two === undefined || three === undefined || five === undefined || six === undefined) throw new Error("none");
  const decoded = decode(NAME, outboxLine(0, [five, two, three, six].flatMap(placesOf)));
  expect(decoded.map((one) => (one !== "malformed" && "event" in one ? one.event.at - V4.at : null))).toEqual([
    2, 3, 5, 6,
  ]);
});

describe("an IPv6 event split across two lines", () => {
  const [first = NO_PLACE, second = NO_PLACE] = placesOf(later(V6, 3));
  const before = [V4, later(V4, 1), later(V4, 2)];

  test("is passed on when its second place has arrived", () => {
    const decoded = decode(NAME, outboxLine(0, [...before.flatMap(placesOf), first]), outboxLine(0, [second]));
    expect(decoded.at(-1)).toEqual({ event: later(V6, 3), cpu: 0 });
    expect(decoded).toHaveLength(4);
  });

  test("is not passed on if the line with its first place was lost, but the next one is", () => {
    const decoded = decode(NAME, outboxLine(0, [second, ...placesOf(later(V6, 9))]));
    expect(decoded).toEqual([{ event: later(V6, 9), cpu: 0 }]);
  });

  test("does not take the first place of another CPU", () => {
    expect(decode(NAME, outboxLine(1, [first]), outboxLine(0, [second]))).toEqual([]);
  });

  test("does not take an older first place", () => {
    expect(decode(NAME, outboxLine(0, [first]), outboxLine(0, [placesOf(later(V6, 8))[1] ?? NO_PLACE]))).toEqual([]);
  });
});

describe("an answer shows what its CPU holds back", () => {
  const answer: Decoded = { answer: [2, 5, V4.at + 1] };
  const [held, newer] = [V4, later(V4, 1)];

  test("which is passed on once, although its line has it again", () => {
    const places = [held, newer].flatMap(placesOf);
    const decoded = decode(NAME, answerLine(2, 5, V4.at + 1, places), outboxLine(2, places));
    expect(decoded).toEqual([answer, { event: held, cpu: 2 }, { event: newer, cpu: 2 }]);
  });

  test("but events newer than the answer wait for their line", () => {
    const places = [held, later(V4, 2)].flatMap(placesOf);
    expect(decode(NAME, answerLine(2, 5, V4.at + 1, places))).toEqual([answer, { event: held, cpu: 2 }]);
  });
});

describe("a damaged line", () => {
  const whole = outboxLine(0, placesOf(V4)).toString();
  test.each([
    ["one number short", whole.replace(/ 0\n/, "\n")],
    ["one number more", whole.replace("\n", " 0\n")],
    ["a number of 17 digits", whole.replace(/ 0\n/, ` ${"1".repeat(17)}\n`)],
    ["a CPU that cannot be", whole.replace("E 0", "E 10000")],
    ["no hex", whole.replace(/ 0\n/, " g\n")],
    ["an answer without its places", `Q b2012fd1a0 1f 4d2\n`],
    ["an answer of a CPU that cannot be", answerLine(0x10000, 1, 1).toString()],
    ["a name without its owner", "N 000000b1f0ffa82a curl|\n"],
  ])("is malformed: %s", (_name, line) => {
    expect(decode(line, transitionLine(V4))).toEqual(["malformed", { event: V4, cpu: 0 }]);
  });

  test("a place with invalid states is not an event, but the others are", () => {
    const [place = NO_PLACE] = placesOf(later(V4, -1));
    const wrong: Place = place.map((word, index) => (index === 1 ? word & ~0xff00n : word));
    expect(decode(NAME, outboxLine(0, [wrong, ...placesOf(V4)]))).toEqual([{ event: V4, cpu: 0 }]);
  });

  test("of any numbers yields at most four events, with numbers that Linux can have", () => {
    const word = fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.constantFrom(0n, 0x8000_0000n, 0x4000_0000n, 0x7208n));
    const places = fc.array(fc.array(word, { minLength: 5, maxLength: 5 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(places, (words) => {
        const decoded = decode(outboxLine(0, words));
        expect(decoded.length).toBeLessThanOrEqual(4);
        for (const one of decoded) {
          if (one === "malformed" || !("event" in one)) throw new Error("no event");
          expect(one.event.task?.pid ?? 1).toBeGreaterThan(0);
          expect(one.event.task?.pid ?? 1).toBeLessThan(2 ** 22);
        }
      }),
    );
  });

  test("in a recording is not an event: a recording has one event per line", () => {
    const decoded: string[] = [];
    const say = (what: string) => (): boolean => decoded.push(what) > 0;
    const sink = { event: say("event"), heartbeat: say("heartbeat"), finalCount: say("final"), answer: say("answer") };
    const rest = { anchor: say("anchor"), malformed: say("malformed") };
    const decoder = new WireDecoder({ ...sink, ...rest }, { isRelative: true });
    decoder.push(outboxLine(0, placesOf(V4)));
    expect(decoded).toEqual(["malformed"]);
  });
});

const ignore = (): boolean => false;
const IGNORED = { heartbeat: ignore, finalCount: ignore, answer: ignore, anchor: ignore, malformed: ignore };

describe("a name", () => {
  test.each(["a\nb", "a|b", "|\nE 0 1 2 3 4 5", "\nN 1 2 x", "", "\u001B[31mred", "x|\nH 1 2 3"])(
    "of %j forges no event and no other name, and the next line is read",
    (name) => {
      const names = new NameBook();
      const events: (Transition | Accept)[] = [];
      const decoder = new WireDecoder({ ...IGNORED, event: (line) => events.push(line.event()) }, { names });
      const bytes = Buffer.concat([nameLine(1, CURL, Buffer.from(name)), outboxLine(0, placesOf(V4))]);
      for (const piece of cut(bytes, [3, 30, 33])) decoder.push(piece);
      expect(events).toHaveLength(1);
      expect(events[0]).toMatchObject({ at: V4.at, task: { pid: CURL.pid, uid: CURL.uid } });
      expect(events[0]?.task?.comm).toMatch(/^[\u0020-\u007E]*$/);
      expect(names.of(2, 5).comm).toBe("pid 2");
    },
  );
});
