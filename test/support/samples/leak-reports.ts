import * as fc from "fast-check";
import { TCP } from "#src/model/net/tcp-state.ts";
import type { LeakingProcess, LeakReport, StuckSocket, UnownedReason } from "#src/model/reports/leak-report.ts";
import { anyName, anyNumber, orNull } from "#test/support/samples/any-values.ts";
import { anyProcess, leaker } from "#test/support/samples/snapshots.ts";

const TEN_ONE = 0x0a00_0001;
const TEN_TWO = 0x0a00_0002;

/** A client's socket, 10.0.0.1:40000 to 10.0.0.2:443, that process 812 has read to the end and not closed. */
export function stuckSocket(socket: Partial<StuckSocket> = {}): StuckSocket {
  return {
    id: 31,
    netns: 4_026_531_840,
    localAddress: TEN_ONE,
    localPort: 40_000,
    remoteAddress: TEN_TWO,
    remotePort: 443,
    state: TCP.CLOSE_WAIT,
    ageMs: 912_000,
    ageIsAtLeast: false,
    receiveQueue: 0,
    accepted: true,
    fd: 17,
    owner: "accept",
    role: "client",
    holders: [812],
    ...socket,
  };
}

/** The server's side: a connection to port 80 of 10.0.0.1. */
export function servedSocket(socket: Partial<StuckSocket> = {}): StuckSocket {
  return stuckSocket({ localPort: 80, remotePort: 50_000, role: "server", ...socket });
}

export function leakingProcess(process: Partial<LeakingProcess> = {}): LeakingProcess {
  return { ...leaker, sockets: [stuckSocket()], acceptQueues: [], ...process };
}

export function leakReport(report: Partial<LeakReport> = {}): LeakReport {
  return {
    wallMs: Date.UTC(2026, 4, 1, 22, 14, 7),
    source: "bpf",
    stuckAfterMs: 60_000,
    lost: 0,
    complete: true,
    unreadable: 0,
    processes: [],
    unowned: [],
    ...report,
  };
}

const anySocket: fc.Arbitrary<StuckSocket> = fc.record({
  id: anyNumber,
  netns: orNull(anyNumber),
  localAddress: fc.constantFrom(TEN_ONE, "f".repeat(32)),
  localPort: fc.nat(65_535),
  remoteAddress: fc.constantFrom(TEN_TWO, "20010db8".padEnd(32, "0")),
  remotePort: fc.nat(65_535),
  state: fc.constantFrom(TCP.CLOSE_WAIT, TCP.CLOSE),
  ageMs: anyNumber,
  ageIsAtLeast: fc.boolean(),
  receiveQueue: orNull(fc.nat(3)),
  accepted: fc.boolean(),
  fd: orNull(anyNumber),
  owner: fc.constantFrom("syscall", "accept", "inode", "listener", "unknown"),
  role: orNull(fc.constantFrom("client", "server")),
  holders: fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }),
});

const anyReason = fc.constantFrom<UnownedReason>("unreadable", "shared-port", "no-listener", "no-holder");
const anyQueue = fc.record({
  netns: orNull(anyNumber),
  endpoint: anyName,
  length: anyNumber,
  backlog: orNull(anyNumber),
});

/** Any report at all. */
export const anyLeakReport: fc.Arbitrary<LeakReport> = fc.record({
  wallMs: fc.nat(4_000_000_000_000),
  source: orNull(fc.constantFrom("bpf" as const, "proc" as const)),
  stuckAfterMs: anyNumber,
  lost: anyNumber,
  complete: fc.boolean(),
  unreadable: anyNumber,
  processes: fc.array(
    fc
      .tuple(anyProcess, fc.array(anySocket, { minLength: 1, maxLength: 12 }), fc.array(anyQueue, { maxLength: 2 }))
      .map(([process, sockets, acceptQueues]) => Object.assign({}, process, { sockets, acceptQueues })),
    { maxLength: 5 },
  ),
  unowned: fc.array(
    fc.tuple(anySocket, anyReason).map(([socket, reason]) => Object.assign({}, socket, { reason })),
    { maxLength: 12 },
  ),
});
