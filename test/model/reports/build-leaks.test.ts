import { describe, expect, test } from "vitest";
import type { SurveyedProcess } from "#src/model/events/survey.ts";
import type { TraceEvent, Transition } from "#src/model/events/event.ts";
import { MATCH_ALL } from "#src/model/filter/filter.ts";
import { parseFilter } from "#src/model/filter/parse-filter.ts";
import type { LeakingProcess, LeakReport } from "#src/model/reports/leak-report.ts";
import { buildLeaks } from "#src/model/reports/build-leaks.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import {
  accept,
  asked,
  child,
  childRow,
  detail,
  dropped,
  fold,
  holder,
  listenerRow,
  listening,
  MS,
  polling,
  row,
  SECOND,
  survey,
  taskOf,
  tick,
  tracing,
  transition,
} from "#test/support/events/scenario.ts";

const AT = 100 * SECOND;

/** This many seconds after AT. */
function after(seconds: number): number {
  return AT + seconds * SECOND;
}

/** The report 90 s after AT, with a threshold of 60 s. */
function leaksOf(...events: readonly TraceEvent[]): LeakReport {
  return filteredLeaks("", ...events);
}

function filteredLeaks(text: string, ...events: readonly TraceEvent[]): LeakReport {
  const parsed = parseFilter(text);
  if (!parsed.ok) throw new Error(parsed.error);
  const { model } = fold(...events, tick(after(90)));
  return buildLeaks(model.tables, { stuckAfterMs: 60_000, filter: parsed.filter });
}

/** Each process that leaks, with the ids of its sockets. */
function charged({ processes }: LeakReport): [number, readonly number[]][] {
  return processes.map(({ pid, sockets }) => [pid, sockets.map(({ id }) => id)]);
}

function only({ processes }: LeakReport): LeakingProcess {
  const [first, ...others] = processes;
  if (first === undefined || others.length > 0) throw new Error(`${processes.length} processes`);
  return first;
}

/** A connection that process 9 opened, inode 70, and whose peer closed at AT. */
const client: readonly Transition[] = [
  transition(AT - 2, TCP.CLOSE, TCP.SYN_SENT, { inode: 70, task: taskOf(9) }),
  transition(AT - 1, TCP.SYN_SENT, TCP.ESTABLISHED, { inode: 70 }),
  transition(AT, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { inode: 70 }),
];
const traced: readonly TraceEvent[] = [tracing(0), ...client];

/** A connection to port 80 that no process accepts. */
const waiting: readonly TraceEvent[] = [
  child(AT - 2, TCP.LISTEN, TCP.SYN_RECV),
  child(AT - 1, TCP.SYN_RECV, TCP.ESTABLISHED),
  child(AT, TCP.ESTABLISHED, TCP.CLOSE_WAIT),
];

/** Process 7 and another process listen on port 80 (SO_REUSEPORT). */
function twoListeners(other: number): readonly Transition[] {
  return [listening(1, 7), listening(2, other, { address: 0xa1, inode: 51 })];
}

describe("a leak traced from its start", () => {
  test("is charged to its process, with all details", () => {
    const shown = row(TCP.CLOSE_WAIT, { receiveQueue: 1 });
    const leaks = leaksOf(
      { kind: "anchor", at: 0, wallMs: 1_000_000 },
      ...traced,
      survey(after(1), [shown], [holder(9, 70)]),
    );
    expect(leaks).toMatchObject({
      wallMs: 1_190_000,
      source: "bpf",
      stuckAfterMs: 60_000,
      lost: 0,
      complete: true,
      unowned: [],
    });
    expect(only(leaks)).toMatchObject({
      pid: 9,
      comm: "p9",
      cmdline: "/bin/p9",
      user: 1000,
      closeWait: 1,
      stuck: 1,
      notAccepted: 0,
      leakedDescriptors: 0,
      endUnread: 1,
      fdUsed: 10,
      fdLimit: 1024,
      acceptQueues: [],
      sockets: [
        {
          id: 1,
          state: TCP.CLOSE_WAIT,
          localPort: 40_000,
          remotePort: 80,
          role: "client",
          ageMs: 90_000,
          ageIsAtLeast: false,
          receiveQueue: 1,
          accepted: true,
          fd: 3,
          owner: "syscall",
          holders: [9],
        },
      ],
    });
  });

  test("is not reported before the threshold, nor after it is closed", () => {
    const young = transition(after(30) + 1, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { inode: 70 });
    expect(leaksOf(tracing(0), ...client.slice(0, 2), young)).toMatchObject({ processes: [], unowned: [] });
    const closed = transition(after(80), TCP.CLOSE_WAIT, TCP.LAST_ACK, { inode: 70, task: taskOf(9) });
    expect(leaksOf(...traced, closed)).toMatchObject({ processes: [], unowned: [] });
  });

  test("counts sockets that are not stuck yet, but does not list them", () => {
    const young = transition(after(80), TCP.ESTABLISHED, TCP.CLOSE_WAIT, { address: 0xc1, inode: 71 });
    const rows = [row(TCP.CLOSE_WAIT), row(TCP.CLOSE_WAIT, { localPort: 40_001, inode: 71 })];
    const leaks = leaksOf(...traced, { ...young, localPort: 40_001 }, survey(after(85), rows, [holder(9, 70, 71)]));
    expect(only(leaks)).toMatchObject({ closeWait: 2, stuck: 1, sockets: [{ id: 1 }] });
  });

  test("lists the oldest sockets first, and the process with most sockets first", () => {
    const rows = [0, 1, 2].map((index) => row(TCP.CLOSE_WAIT, { localPort: 40_001 + index, inode: 71 + index }));
    const older = [71, 72, 73].map((inode, index) =>
      transition(AT - (index + 1) * SECOND, TCP.ESTABLISHED, TCP.CLOSE_WAIT, {
        address: inode,
        inode,
        localPort: 40_001 + index,
      }),
    );
    const held = survey(after(1), [row(TCP.CLOSE_WAIT), ...rows], [holder(9, 70), holder(12, 71, 72, 73)]);
    const leaks = leaksOf(...traced, ...older, held);
    expect(leaks.processes.map(({ pid, sockets }) => [pid, sockets.map(({ ageMs }) => ageMs)])).toEqual([
      [12, [93_000, 92_000, 91_000]],
      [9, [90_000]],
    ]);
  });
});

describe("several holders", () => {
  const held = survey(after(1), [row(TCP.CLOSE_WAIT)], [holder(9, 70), holder(10, 60, 70)]);

  test("are each charged, and each socket lists all of them", () => {
    const { processes } = leaksOf(...traced, held);
    expect(processes.map(({ pid, stuck, closeWait }) => ({ pid, stuck, closeWait }))).toEqual([
      { pid: 9, stuck: 1, closeWait: 1 },
      { pid: 10, stuck: 1, closeWait: 1 },
    ]);
    expect(processes.map(({ sockets }) => sockets)).toMatchObject([
      [{ id: 1, fd: 3, owner: "syscall", holders: [9, 10] }],
      [{ id: 1, fd: 4, owner: "inode", holders: [9, 10] }],
    ]);
  });

  test("are selected by a filter, and the socket still lists all of them", () => {
    expect(filteredLeaks("pid:10", ...traced, held).processes).toMatchObject([
      { pid: 10, sockets: [{ holders: [9, 10] }] },
    ]);
    expect(filteredLeaks("proc:p9", ...traced, held).processes).toMatchObject([
      { pid: 9, sockets: [{ holders: [9, 10] }] },
    ]);
    expect(charged(filteredLeaks("!pid:9", ...traced, held))).toEqual([[10, [1]]]);
    expect(filteredLeaks("pid:11", ...traced, held)).toMatchObject({ processes: [], unowned: [] });
  });

  test("leave only one to be charged when the other has closed", () => {
    const left = survey(after(60), [row(TCP.CLOSE_WAIT)], [holder(9), holder(10, 70)]);
    expect(leaksOf(...traced, held, left).processes).toMatchObject([
      { pid: 10, stuck: 1, sockets: [{ fd: 3, owner: "inode", holders: [10] }] },
    ]);
  });
});

describe("a filter", () => {
  test("matches the tuple, state and age of each socket", () => {
    const held = survey(after(1), [row(TCP.CLOSE_WAIT)], [holder(9, 70)]);
    const counts = ["dport:80", "dport:81", "state:close_wait", "state:close", "age:>89s", "age:>91s"].map(
      (text) => filteredLeaks(text, ...traced, held).processes.length,
    );
    expect(counts).toEqual([1, 0, 1, 0, 1, 0]);
  });

  test("for a process matches no socket without a holder", () => {
    const orphaned = [tracing(0), survey(after(1), [row(TCP.CLOSE_WAIT)])];
    expect(filteredLeaks("dport:80", ...orphaned).unowned.length).toBe(1);
    expect(filteredLeaks("pid:9", ...orphaned).unowned.length).toBe(0);
    expect(filteredLeaks("dport:81", ...orphaned).unowned.length).toBe(0);
  });
});

describe("a connection that is not accepted", () => {
  const queued = listenerRow({ receiveQueue: 1 });

  test("is charged to the listening process, and its queue is reported", () => {
    const asksListener: TraceEvent = {
      ...asked(after(2)),
      backlogs: [{ netns: queued.netns, inode: 50, backlog: 16 }],
    };
    const rows = [queued, childRow(TCP.CLOSE_WAIT, { receiveQueue: 1 })];
    const process = only(
      leaksOf(tracing(0), listening(1, 7), ...waiting, survey(after(1), rows, [holder(7, 50)]), asksListener),
    );
    expect(process).toMatchObject({ pid: 7, closeWait: 1, stuck: 1, notAccepted: 1, endUnread: 0 });
    expect(process.sockets).toMatchObject([
      { accepted: false, fd: null, owner: "listener", holders: [7], role: "server" },
    ]);
    const queue = { netns: queued.netns, endpoint: "0.0.0.0:80", length: 1, backlog: 16 };
    expect(process).toMatchObject({ acceptQueue: queue, acceptQueues: [queue] });
  });

  test("is charged to all holders of the listener", () => {
    const held = survey(after(1), [queued, childRow(TCP.CLOSE_WAIT)], [holder(7, 50), holder(8, 50)]);
    const { processes, unowned } = leaksOf(tracing(0), listening(1, 7), ...waiting, held);
    expect(unowned).toEqual([]);
    expect(processes).toMatchObject([
      { pid: 7, notAccepted: 1, sockets: [{ accepted: false, fd: null, owner: "listener", holders: [7, 8] }] },
      { pid: 8, notAccepted: 1, sockets: [{ accepted: false, fd: null, owner: "listener", holders: [7, 8] }] },
    ]);
  });

  test("is charged to its acceptor from accept() on", () => {
    const held = survey(
      after(50),
      [listenerRow(), childRow(TCP.CLOSE_WAIT, { inode: 60 })],
      [holder(7, 50), holder(8, 60)],
    );
    const events = [tracing(0), listening(1, 7), ...waiting, accept(after(40), 8)];
    const own = { stuck: 1, notAccepted: 0, sockets: [{ accepted: true, fd: 5, owner: "accept", holders: [8] }] };
    expect(only(leaksOf(...events))).toMatchObject({ pid: 8, ...own, acceptQueues: [] });
    expect(only(leaksOf(...events, held))).toMatchObject({ pid: 8, stuck: 1, sockets: [{ fd: 3, owner: "accept" }] });
  });

  test("is charged to the process with a non-empty queue, if several processes listen on the port", () => {
    const rows = [listenerRow(), listenerRow({ inode: 51, receiveQueue: 1 }), childRow(TCP.CLOSE_WAIT)];
    const held = survey(after(1), rows, [holder(7, 50), holder(8, 51)]);
    const { processes, unowned } = leaksOf(tracing(0), ...twoListeners(8), ...waiting, held);
    expect(unowned).toEqual([]);
    expect(processes.map(({ pid, notAccepted }) => [pid, notAccepted])).toEqual([[8, 1]]);
  });

  test("has no owner if several processes listen on the port and no queue is empty", () => {
    const rows = [queued, listenerRow({ inode: 51, receiveQueue: 1 }), childRow(TCP.CLOSE_WAIT)];
    const held = survey(after(1), rows, [holder(7, 50), holder(8, 51)]);
    const leaks = leaksOf(tracing(0), ...twoListeners(8), ...waiting, held);
    expect(leaks.processes).toEqual([]);
    expect(leaks.unowned).toMatchObject([
      { reason: "shared-port", accepted: false, owner: "unknown", fd: null, holders: [], ageMs: 90_000 },
    ]);
  });

  test("is charged to the processes that hold all of the listeners", () => {
    const rows = [queued, listenerRow({ inode: 51 }), childRow(TCP.CLOSE_WAIT)];
    const held = survey(after(1), rows, [holder(8, 51, 50), holder(7, 50, 51)]);
    const { processes, unowned } = leaksOf(tracing(0), ...twoListeners(7), ...waiting, held);
    expect(unowned).toEqual([]);
    expect(processes.map(({ pid, notAccepted }) => [pid, notAccepted])).toEqual([
      [7, 1],
      [8, 1],
    ]);
  });

  test("has no owner without a known listener", () => {
    const leaks = leaksOf(tracing(0), ...waiting, survey(after(1), [childRow(TCP.CLOSE_WAIT)]));
    expect(leaks.processes).toEqual([]);
    expect(leaks.unowned).toMatchObject([{ reason: "no-listener", accepted: false }]);
  });
});

describe("a descriptor whose socket was reset in CLOSE_WAIT", () => {
  const reset = transition(after(20), TCP.CLOSE_WAIT, TCP.CLOSE, { inode: 70 });
  const stillHeld = (seconds: number): TraceEvent => survey(after(seconds), [], [holder(9, 70)]);

  test("is leaked once a later survey shows its holder", () => {
    const leaks = leaksOf(...traced, reset, stillHeld(30));
    expect(only(leaks)).toMatchObject({ pid: 9, closeWait: 0, stuck: 1, leakedDescriptors: 1, notAccepted: 0 });
    expect(only(leaks).sockets).toMatchObject([
      { id: 1, state: TCP.CLOSE, ageMs: 90_000, ageIsAtLeast: false, receiveQueue: null, accepted: true, holders: [9] },
    ]);
  });

  test("is not leaked before a survey", () => {
    expect(leaksOf(...traced, reset)).toMatchObject({ processes: [], unowned: [] });
    const older = survey(after(20) - 1, [row(TCP.CLOSE_WAIT)], [holder(9, 70)]);
    expect(leaksOf(...traced, older, reset)).toMatchObject({ processes: [], unowned: [] });
  });

  test("is not leaked if it is closed by then or later", () => {
    const closed = survey(after(40), [], [holder(9)]);
    expect(leaksOf(...traced, reset, closed)).toMatchObject({ processes: [], unowned: [] });
    expect(leaksOf(...traced, reset, stillHeld(30), closed)).toMatchObject({ processes: [], unowned: [] });
  });

  test("is not taken for closed because of a survey that began earlier", () => {
    const earlier = survey(after(20) - 1, [], [holder(9)]);
    expect(only(leaksOf(...traced, reset, earlier, stillHeld(30)))).toMatchObject({ pid: 9, leakedDescriptors: 1 });
  });

  test("is not leaked if its process connects it again", () => {
    const again = [
      transition(after(25), TCP.CLOSE, TCP.SYN_SENT, { inode: 70, task: taskOf(9) }),
      transition(after(26), TCP.SYN_SENT, TCP.ESTABLISHED, { inode: 70 }),
    ];
    const held = survey(after(30), [row(TCP.ESTABLISHED)], [holder(9, 70)]);
    expect(leaksOf(...traced, reset, ...again, held)).toMatchObject({ processes: [], unowned: [] });
  });

  test("is not reported before the threshold, which counts from the peer's close", () => {
    const young = transition(after(30) + 1, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { inode: 70 });
    const begin = [tracing(0), ...client.slice(0, 2), young];
    const end = [{ ...reset, at: after(60) }, stillHeld(70)];
    expect(leaksOf(...begin, ...end).processes).toEqual([]);
    expect(leaksOf(...begin.with(3, { ...young, at: after(30) }), ...end).processes.length).toBe(1);
  });

  test("is not leaked if its process closed it with unread data, which also resets the connection", () => {
    const closes = transition(after(20), TCP.CLOSE_WAIT, TCP.CLOSE, { inode: 70, task: taskOf(9) });
    expect(leaksOf(...traced, closes, survey(after(30), [], [holder(9)]))).toMatchObject({ processes: [] });
  });

  test("is reported for all its holders, as of the last survey, and filtered", () => {
    const both = survey(after(30), [], [holder(9, 70), holder(10, 70)]);
    const leaks = leaksOf(...traced, reset, both);
    expect(leaks.processes.map(({ pid, sockets }) => [pid, sockets[0]?.holders])).toEqual([
      [9, [9, 10]],
      [10, [9, 10]],
    ]);
    expect(charged(filteredLeaks("pid:10", ...traced, reset, both))).toEqual([[10, [1]]]);
    const passedOn = survey(after(40), [], [holder(10, 70)]);
    expect(charged(leaksOf(...traced, reset, both, passedOn))).toEqual([[10, [1]]]);
  });

  test("is found by the survey without it if its reset was not traced", () => {
    expect(only(leaksOf(...traced, stillHeld(30), tick(after(31)), stillHeld(32)))).toMatchObject({
      pid: 9,
      leakedDescriptors: 1,
    });
    const old = survey(AT, [row(TCP.CLOSE_WAIT)], [holder(9, 70)]);
    const polled = only(leaksOf(polling(0), old, stillHeld(30)));
    expect(polled).toMatchObject({
      leakedDescriptors: 1,
      sockets: [{ ageMs: 90_000, ageIsAtLeast: true, holders: [9] }],
    });
  });
});

describe("the charged process changes", () => {
  test("when a survey finds another holder", () => {
    const moved = survey(after(30), [row(TCP.CLOSE_WAIT)], [holder(9), holder(10, 70)]);
    expect(only(leaksOf(...traced, moved))).toMatchObject({ pid: 10, sockets: [{ owner: "inode", holders: [10] }] });
  });

  test("to unknown if its holder was read and no longer has it", () => {
    const gone = survey(after(30), [row(TCP.CLOSE_WAIT)], [holder(9)]);
    const leaks = leaksOf(...traced, gone);
    expect(leaks.processes).toEqual([]);
    expect(leaks.unowned).toMatchObject([
      { id: 1, reason: "no-holder", owner: "unknown", accepted: true, holders: [] },
    ]);
  });

  test("not when its holder could not be read", () => {
    const hidden = { ...survey(after(30), [row(TCP.CLOSE_WAIT)]), complete: false, unreadable: [9] };
    const leaks = leaksOf(...traced, hidden);
    expect(only(leaks)).toMatchObject({ pid: 9, stuck: 1, sockets: [{ owner: "syscall", holders: [9] }] });
    expect(leaks).toMatchObject({ complete: false, unowned: [] });
  });

  test("not by a survey that began before the last traced event", () => {
    const early = survey(AT - 1, [row(TCP.CLOSE_WAIT)], [holder(9)]);
    expect(only(leaksOf(...traced, early))).toMatchObject({ pid: 9, stuck: 1 });
  });

  test("to unreadable if a process that could not be read may hold it", () => {
    const hidden = { ...survey(after(30), [row(TCP.CLOSE_WAIT)]), complete: false, unreadable: [9] };
    expect(leaksOf(tracing(0), hidden).unowned).toMatchObject([{ reason: "unreadable", holders: [] }]);
  });
});

describe("an accept() at the address of an earlier socket whose end was not traced", () => {
  test("does not give the acceptor the earlier socket of a client", () => {
    const leaks = leaksOf(...traced, accept(after(30), 12, { address: 0xc0, inode: 61 }));
    expect(only(leaks)).toMatchObject({ pid: 9, sockets: [{ owner: "syscall", holders: [9] }] });
  });

  test("nor that of a client with an unknown inode", () => {
    const blind = client.map((event) => Object.assign({}, event, { inode: null }));
    const leaks = leaksOf(tracing(0), ...blind, accept(after(30), 12, { address: 0xc0, inode: 61 }));
    expect(only(leaks)).toMatchObject({ pid: 9, sockets: [{ owner: "syscall", fd: null, holders: [9] }] });
  });

  test("does not give the acceptor a socket that another process accepted", () => {
    const taken = [tracing(0), listening(1, 8), ...waiting, accept(after(1), 8, { inode: 60 })];
    const leaks = leaksOf(...taken, accept(after(30), 12, { inode: 61 }));
    expect(only(leaks)).toMatchObject({ pid: 8, sockets: [{ fd: 5, owner: "accept", holders: [8] }] });
  });
});

describe("an age", () => {
  const shown = survey(AT, [row(TCP.CLOSE_WAIT)], [holder(9, 70)]);

  test("is a lower bound if the socket was in CLOSE_WAIT before tracing", () => {
    expect(only(leaksOf(tracing(0), shown)).sockets).toMatchObject([{ ageMs: 90_000, ageIsAtLeast: true }]);
  });

  test("reaches back to the last ACK if the kernel reports it", () => {
    const details = asked(after(10), detail({ lastAckMs: 3_600_000, lastSentMs: 3_600_000 }));
    expect(only(leaksOf(tracing(0), shown, details)).sockets).toMatchObject([{ ageMs: 3_680_000, ageIsAtLeast: true }]);
  });

  test("does not shrink with a later ACK, as for a program that still sends", () => {
    const details = asked(after(10), detail({ lastAckMs: 3_600_000, lastSentMs: 3_600_000 }));
    const later = asked(after(80), detail({ lastAckMs: 1000, lastSentMs: 3_670_000 }));
    expect(only(leaksOf(tracing(0), shown, details, later)).sockets).toMatchObject([{ ageMs: 3_680_000 }]);
  });

  test("is exact if traced, and details do not change it", () => {
    const details = asked(after(80), detail({ lastAckMs: 3_600_000, lastSentMs: 3_600_000 }));
    expect(only(leaksOf(...traced, details)).sockets).toMatchObject([{ ageMs: 90_000, ageIsAtLeast: false }]);
  });

  test("makes a socket stuck as soon as it is found", () => {
    const found = survey(after(89), [row(TCP.CLOSE_WAIT)], [holder(9, 70)]);
    expect(leaksOf(tracing(0), found).processes).toEqual([]);
    const details = asked(after(89) + 10 * MS, detail({ lastAckMs: 70_000, lastSentMs: 80_000 }));
    expect(only(leaksOf(tracing(0), found, details))).toMatchObject({ stuck: 1, oldestIsAtLeast: true });
  });

  test("of a half-closed connection in use does not make it a leak", () => {
    const details = asked(after(89), detail({ lastAckMs: 500, lastSentMs: 500 }));
    expect(leaksOf(tracing(0), shown, details)).toMatchObject({ processes: [], unowned: [] });
  });
});

/** A survey of process 9 with these numbers of sockets in CLOSE_WAIT and of descriptors. */
function surveyed(seconds: number, leaked: number, fdUsed: number, fdLimit: number | null = 1024): TraceEvent {
  const inodes = Array.from({ length: leaked }, (_, index) => 1000 + index);
  const rows = inodes.map((inode, index) => row(TCP.CLOSE_WAIT, { inode, localPort: 20_000 + index }));
  const process: SurveyedProcess = { ...holder(9, ...inodes), fdUsed, fdLimit };
  const event = survey(after(seconds), rows, [process]);
  return { ...event, until: event.at };
}

describe("over the run", () => {
  test("growth and the remaining descriptors are reported", () => {
    // 1 socket more every 2 s; at second 88 there are 144 descriptors left, for 288 s.
    const surveys = Array.from({ length: 45 }, (_, index) => surveyed(index * 2, 100 + index, 836 + index));
    const process = only(leaksOf(tracing(0), ...surveys));
    expect(process.growthPerMinute).toBeCloseTo(30);
    expect(process.fdExhaustedInMs).toBeCloseTo(286_000, -2);
    expect(process).toMatchObject({ closeWait: 144, fdUsed: 880, fdLimit: 1024 });
    expect(process.stuck).toBe(115);
  });

  test("there is no forecast without growth, without a limit or with too few samples", () => {
    const flat = [0, 2, 4, 6].map((seconds) => surveyed(seconds, 10, 500));
    expect(only(leaksOf(tracing(0), ...flat))).toMatchObject({ growthPerMinute: 0, fdExhaustedInMs: null });
    const boundless = [0, 2, 4, 6].map((seconds) => surveyed(seconds, 10 + seconds, 500 + seconds, null));
    expect(only(leaksOf(tracing(0), ...boundless))).toMatchObject({ fdLimit: null, fdExhaustedInMs: null });
    const short = [0, 2].map((seconds) => surveyed(seconds, 10 + seconds, 500 + seconds));
    expect(only(leaksOf(tracing(0), ...short))).toMatchObject({ growthPerMinute: null, fdExhaustedInMs: null });
  });

  test("leaked descriptors count as growth", () => {
    const inodes = [70, 71, 72, 73];
    const opened = inodes.flatMap((inode) =>
      client.map((event) => Object.assign({}, event, { address: inode, inode, localPort: 40_000 + inode })),
    );
    // One of them is reset every 2 s, and all stay open.
    const resets = inodes.flatMap((inode, index) => [
      transition(after(index * 2), TCP.CLOSE_WAIT, TCP.CLOSE, { address: inode, inode, localPort: 40_000 + inode }),
      survey(
        after(index * 2 + 1),
        inodes.slice(index + 1).map((left) => row(TCP.CLOSE_WAIT, { inode: left, localPort: 40_000 + left })),
        [holder(9, ...inodes)],
      ),
    ]);
    const process = only(leaksOf(tracing(0), ...opened, ...resets));
    expect(process).toMatchObject({ leakedDescriptors: 4, stuck: 4, growthPerMinute: 0 });
  });
});

test("losses and unreadable processes are reported, and a filter that matches all changes nothing", () => {
  const hidden = { ...survey(after(1), [row(TCP.CLOSE_WAIT)], [holder(9, 70)]), complete: false };
  const events = [...traced, dropped(after(2), 5), hidden, tick(after(90))];
  const { model } = fold(...events);
  const leaks = buildLeaks(model.tables, { stuckAfterMs: 60_000, filter: MATCH_ALL });
  expect(leaks).toMatchObject({ lost: 5, complete: false });
  expect(filteredLeaks("state:close_wait", ...events)).toEqual(leaks);
});

describe("bugs that were fixed", () => {
  const reset = transition(after(20), TCP.CLOSE_WAIT, TCP.CLOSE, { inode: 70 });

  test("a filter uses the reported age, also of a leaked descriptor", () => {
    const events = [...traced, reset, survey(after(30), [], [holder(9, 70)])];
    expect(only(leaksOf(...events)).sockets).toMatchObject([{ ageMs: 90_000 }]);
    expect(filteredLeaks("age:>80s", ...events).processes.length).toBe(1);
  });

  test("listeners of one port with unreadable holders do not imply several processes", () => {
    const rows = [listenerRow(), listenerRow({ inode: 51 }), childRow(TCP.CLOSE_WAIT)];
    const hidden = { ...survey(after(1), rows), complete: false };
    // As root of a container sees it: all sockets, but no processes.
    const unheld = twoListeners(7).map((event) => Object.assign({}, event, { task: null }));
    const leaks = leaksOf(tracing(0), ...unheld, ...waiting, hidden);
    expect(leaks.unowned).toMatchObject([{ reason: "unreadable" }]);
  });

  test("of two listeners of one process, the reported queue is the non-empty one", () => {
    const rows = [listenerRow(), listenerRow({ inode: 51, receiveQueue: 1 }), childRow(TCP.CLOSE_WAIT)];
    const held = survey(after(1), rows, [holder(7, 50, 51)]);
    expect(only(leaksOf(tracing(0), ...twoListeners(7), ...waiting, held)).acceptQueues).toMatchObject([{ length: 1 }]);
  });

  test("two listeners of one port, older than the tracer, stay two: the waiting connection has no owner", () => {
    const rows = [listenerRow(), listenerRow({ inode: 51 }), childRow(TCP.CLOSE_WAIT)];
    const leaks = leaksOf(tracing(0), survey(AT, rows, [holder(7, 50), holder(8, 51)]));
    expect(leaks.processes).toEqual([]);
    expect(leaks.unowned).toMatchObject([{ reason: "shared-port" }]);
  });

  test("a socket that takes over a tuple between two polls has its own age", () => {
    const first = survey(AT, [row(TCP.CLOSE_WAIT)], [holder(9, 70)]);
    const second = survey(after(80), [row(TCP.CLOSE_WAIT, { inode: 71 })], [holder(10, 71)]);
    expect(leaksOf(polling(0), first, second)).toMatchObject({ processes: [], unowned: [] });
  });

  test("a reset that was lost leaves a leaked descriptor, which the survey shows", () => {
    const held = survey(after(30), [], [holder(9, 70)]);
    const later = survey(after(40), [], [holder(9, 70)]);
    const leaks = leaksOf(...traced, dropped(after(29), 1), held, tick(after(31)), later);
    expect(only(leaks)).toMatchObject({ pid: 9, stuck: 1, leakedDescriptors: 1 });
  });
});
