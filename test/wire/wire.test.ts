import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Accept, Transition } from "#src/model/events/event.ts";
import { type TimeWaitOutcome, TCP, type TcpState } from "#src/model/net/tcp-state.ts";
import { PAIRS } from "#src/wire/sent-counts.ts";
import {
  acceptLine,
  anchorLine,
  answerLine,
  heartbeatLine,
  sentOf,
  transitionLine,
} from "#test/support/wire/wire-lines.ts";
import { cut, decode, newDecoder, type Decoded } from "#test/support/wire/decode.ts";

const LINE: Transition = {
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
  inode: 0x41da00,
  evidence: { dead: false, done: true, acked: false, noFinWait2: false, error: 0, left: "unknown" },
  task: null,
};
const NAMED: Transition = { ...LINE, task: { pid: 0x30ff, uid: 1000, comm: "curl" } };

describe("each kind of line", () => {
  test("a line written by hand from the header of transitions-full.bt", () => {
    const sample = "T b1f0ffa82a 88810697dc80720c effffff90000b805 41da00000100 100007f0100007f 3e8000030ff curl|\n";
    expect(decode(sample)).toEqual([
      {
        cpu: 1,
        event: {
          kind: "transition",
          at: 0xb1f0ffa82a,
          address: 0x88810697dc80,
          from: TCP.CLOSE,
          to: TCP.SYN_SENT,
          netns: 0xeffffff9,
          localAddress: 0x7f000001,
          localPort: 0,
          remoteAddress: 0x7f000001,
          remotePort: 0xb805,
          inode: 0x41da00,
          evidence: { dead: false, done: false, acked: true, noFinWait2: false, error: 0, left: "unknown" },
          task: { pid: 0x30ff, uid: 1000, comm: "curl" },
        },
      },
    ]);
  });

  const V6 = { localAddress: "20010db8000000000000000000000001", remoteAddress: "fe80000000000000a1b2c3d4e5f60718" };
  const basic = { netns: null, inode: null, evidence: null };
  test.each<[string, Transition, 4 | 6 | undefined]>([
    ["IPv4 from softirq", LINE, 4],
    ["IPv4 with a process", NAMED, 4],
    ["IPv6 from softirq", { ...LINE, ...V6 }, 6],
    ["IPv6 with a process", { ...NAMED, ...V6 }, 6],
    ["v4-mapped, which is IPv4", NAMED, 6],
    ["v4-mapped on a socket of [::]", { ...LINE, localAddress: "0".repeat(32) }, 6],
    ["the basic program", { ...LINE, ...basic }, 4],
    ["the basic program with a process", { ...NAMED, ...V6, ...basic }, 6],
    [
      "evidence: an orphan",
      { ...LINE, evidence: { dead: true, done: false, acked: false, noFinWait2: false, error: 104, left: "unknown" } },
      4,
    ],
    [
      "evidence: no FIN_WAIT2",
      { ...LINE, evidence: { dead: true, done: false, acked: false, noFinWait2: true, error: 0, left: "unknown" } },
      4,
    ],
    [
      "evidence: all acknowledged",
      { ...LINE, evidence: { dead: false, done: false, acked: true, noFinWait2: false, error: 255, left: "unknown" } },
      4,
    ],
  ])("%s", (_name, event, family) => {
    const line = transitionLine(event, { cpu: 5, ...(family === undefined ? {} : { family }) });
    expect(decode(line)).toEqual([{ event, cpu: 5 }]);
  });

  test("an accept", () => {
    const task = { pid: 812, uid: 33, comm: "nginx" };
    const event: Accept = { kind: "accept", at: 1_234_567_890, address: 0x888106000000, inode: 4242, fd: 17, task };
    expect(decode(acceptLine(event, { cpu: 3 }))).toEqual([{ event, cpu: 3 }]);
  });

  test("an answer, and the line that makes bpftrace write", () => {
    const line = answerLine(31, 1234, 0xb2012fd1a0);
    expect(decode(line, "0\n", line)).toEqual([
      { answer: [31, 1234, 0xb2012fd1a0] },
      { answer: [31, 1234, 0xb2012fd1a0] },
    ]);
  });

  test("a heartbeat and an anchor", () => {
    const counts = "2 0 2 2 2 0 0 0 0 0 0 4 0 0 0 0 0 0 0 0 0 0 0 ff 7";
    expect(decode(`H b2012fd1a0 1f 00000000000004d2 ${counts}\nA 0000000b1f2a91c7\n`)).toEqual([
      {
        heartbeat: [
          31,
          sentOf({ 0: 960, 0x72: 2, 0xa3: 2, 0x31: 2, 0x21: 2, 0x17: 4, 0x99: 255, 0x0f: 7 }),
          0xb2012fd1a0,
        ],
      },
      { anchor: 0xb1f2a91c7 },
    ]);
  });

  test("bpftrace's final count for each CPU", () => {
    expect(decode("\n\n@transitions_sent[24]: 12345678901\n\n")).toEqual([{ final: [0, 0x18, 12_345_678_901] }]);
    expect(decode("\n\n@transitions_sent[0]: 77\n@transitions_sent[65393]: 5\n\n")).toEqual([
      { final: [0, 0, 77] },
      { final: [255, 0x71, 5] },
    ]);
  });

  test("bpftrace's own messages are not malformed lines", () => {
    const words = [
      "Attaching 5 probes...",
      "Lost 12 events",
      "Lost 1234567890 events",
      "WARNING: Addrspace is not set",
      "",
    ];
    expect(decode(`${words.join("\n")}\n`)).toEqual([]);
  });

  test.each([
    ["a state that the kernel has not", transitionLine(LINE).toString("latin1").replace("180a ", "080a ")],
    ["a field too many", transitionLine(LINE).toString("latin1").replace("\n", " 1\n")],
    ["a field too few", "t b1f0ffa82a 88810697dc80720c effffff90000b805 41da00000100\n"],
    ["a field with 17 digits", `Q 12345678901234567 1 00000000000004d2${" 0".repeat(15)}\n`],
    ["no digits in a field", `Q  1 00000000000004d2${" 0".repeat(15)}\n`],
    ["a heartbeat without its counts", "H b2012fd1a0 1 00000000000004d2\n"],
    ["a heartbeat with a count too few", `H b2012fd1a0 1 00000000000004d2${" 0".repeat(24)}\n`],
    ["a heartbeat with a count too many", `H b2012fd1a0 1 00000000000004d2${" 0".repeat(26)}\n`],
    ["a heartbeat whose counts are more than it has sent", `H b2012fd1a0 1 0000000000000010${" 1".repeat(25)}\n`],
  ])("malformed: %s; the next line is read", (_name, line) => {
    expect(decode(line, transitionLine(NAMED))).toEqual(["malformed", { event: NAMED, cpu: 0 }]);
  });

  test("a truncated line with a process is malformed, and the next line is read", () => {
    const broken = transitionLine(NAMED).subarray(0, 20);
    expect(decode(broken, "\n", transitionLine(LINE))).toEqual(["malformed", { event: LINE, cpu: 0 }]);
  });
});

const anyState = fc.constantFrom<TcpState>(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
const anyAt = fc.integer({ min: 1_000_000, max: Number.MAX_SAFE_INTEGER });
const anyAddress = fc.integer({ min: 0x8880_0000_0000, max: 0xffff_ffff_ffff });
const anyTask = fc.record({
  pid: fc.nat(4_194_304),
  uid: fc.nat(0xffff_ffff),
  comm: fc.stringMatching(/^[A-Za-z0-9_:./ -]{0,15}$/),
});
const anyIp = fc.oneof(
  fc.nat(0xffff_ffff),
  fc.stringMatching(/^[0-9a-f]{32}$/).filter((hex) => !hex.startsWith("00000000000000000000ffff")),
);
const anyEvidence = fc.record({
  dead: fc.boolean(),
  done: fc.boolean(),
  acked: fc.boolean(),
  noFinWait2: fc.boolean(),
  error: fc.nat(255),
  left: fc.constantFrom<TimeWaitOutcome>("unknown", "none", TCP.TIME_WAIT, TCP.FIN_WAIT2),
});
const anyTransition: fc.Arbitrary<Transition> = fc
  .record({
    kind: fc.constant("transition" as const),
    at: anyAt,
    address: anyAddress,
    from: anyState,
    to: anyState,
    netns: fc.nat(0xffff_ffff),
    localAddress: anyIp,
    localPort: fc.nat(0xffff),
    remoteAddress: anyIp,
    remotePort: fc.nat(0xffff),
    inode: fc.nat(0xff_ffff_ffff),
    evidence: anyEvidence,
    task: fc.option(anyTask, { nil: null }),
  })
  .chain((full) => fc.constantFrom<Transition>(full, { ...full, netns: null, inode: null, evidence: null }));
const anyAccept: fc.Arbitrary<Accept> = fc.record({
  kind: fc.constant("accept" as const),
  at: anyAt,
  address: anyAddress,
  inode: fc.nat(0xffff_ffff),
  fd: fc.option(fc.nat(0x7fff_ffff), { nil: null }),
  task: anyTask,
});
const anySentCounts = fc.array(fc.nat(2 ** 48), { minLength: PAIRS.length, maxLength: PAIRS.length });
interface Sent {
  readonly line: Buffer;
  readonly decoded: readonly Decoded[];
}
const anySent: fc.Arbitrary<Sent> = fc.oneof(
  fc
    .tuple(anyTransition, fc.nat(0xffff))
    .map(([event, cpu]) => ({ line: transitionLine(event, { cpu }), decoded: [{ event, cpu }] })),
  fc
    .tuple(anyAccept, fc.nat(0xffff))
    .map(([event, cpu]) => ({ line: acceptLine(event, { cpu }), decoded: [{ event, cpu }] })),
  fc.tuple(fc.nat(4095), anySentCounts, anyAt).map(([cpu, sent, at]) => ({
    line: heartbeatLine(cpu, sent, at),
    decoded: [{ heartbeat: [cpu, sent, at] as const }],
  })),
  fc.tuple(fc.nat(4095), fc.maxSafeNat(), anyAt).map(([cpu, sent, at]) => ({
    line: answerLine(cpu, sent, at),
    decoded: [{ answer: [cpu, sent, at] as const }],
  })),
  anyAt.map((at) => ({ line: anchorLine(at), decoded: [{ anchor: at }] })),
  fc.constant({ line: Buffer.from("Attaching 5 probes...\n\n"), decoded: [] }),
);

describe("any stream", () => {
  test("cut anywhere, it decodes to what was sent", () => {
    fc.assert(
      fc.property(fc.array(anySent, { maxLength: 20 }), fc.array(fc.nat(), { maxLength: 20 }), (sent, places) => {
        const bytes = Buffer.concat(sent.map(({ line }) => line));
        expect(decode(...cut(bytes, places))).toEqual(sent.flatMap(({ decoded }) => decoded));
      }),
    );
  });

  const HEX = "[0-9a-f]{1,16}";
  const WHOLE = new RegExp(
    `(?<=^|\\n)(?:t(?: ${HEX}){5}\\n|u(?: ${HEX}){8}\\n|(?:T(?: ${HEX}){6}|U(?: ${HEX}){9}|C(?: ${HEX}){4}) [^\\n]*\\n)`,
    "g",
  );
  const piece = fc.oneof(
    fc.constantFrom(
      "t",
      "T",
      "u",
      "U",
      "C",
      " ",
      "\n",
      "|",
      "|\n",
      " 7100",
      " 888106977100",
      " 0",
      "@n[0]: 9",
      "H 1 2 3",
    ),
    fc.constantFrom("t 1f0ffa82a 888106977100 0 0 ", "T 1f0ffa82a 888106977100 0 0 0 1 ", "C 1f0ffa82a 0 0 0 "),
    fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
  );
  // A name ends where a longer line follows, with or without a bar: so the bar is not required here.
  test("any bytes never throw, and are an event only if they are a whole line of at least 16 bytes", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.array(fc.nat(), { maxLength: 5 }), (pieces, places) => {
        const text = pieces.join("");
        const decoded = decode(...cut(Buffer.from(text, "latin1"), places)).filter((one) => one !== "malformed");
        const whole = (text.match(WHOLE) ?? []).filter((line) => line.length > 16);
        expect(decoded.filter((one) => "event" in one).length).toBeLessThanOrEqual(whole.length);
      }),
      { numRuns: 1000 },
    );
  });

  test("a line without an end takes no memory, and reading continues at the next newline", () => {
    const { decoder, decoded } = newDecoder();
    const garbage = Buffer.alloc(4096, "T 1 ");
    const before = process.memoryUsage().arrayBuffers;
    for (let times = 0; times < 10_000; times++) decoder.push(garbage);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20e6);
    decoder.push(Buffer.concat([garbage, Buffer.from("\n"), transitionLine(NAMED)]));
    expect(decoded).toEqual([{ event: NAMED, cpu: 0 }]);
  });
});
