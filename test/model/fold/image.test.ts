import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { TraceEvent } from "#src/model/events/event.ts";
import { buildImage } from "#src/model/fold/image.ts";
import type { Model } from "#src/model/fold/model.ts";
import { buildChurn } from "#src/model/reports/build-churn.ts";
import { buildSnapshot } from "#src/model/reports/build-snapshot.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import {
  accept,
  CALM,
  child,
  fold,
  holder,
  listening,
  listenerRow,
  MS,
  row,
  SECOND,
  survey,
  taskOf,
  tick,
  tracing,
  transition,
} from "#test/support/events/scenario.ts";

const anchor: TraceEvent = { kind: "anchor", at: 1, wallMs: 1.7e12 };
/** A server that leaks, a live client, and a client that is reset while it leaks. */
const life: TraceEvent[] = [
  anchor,
  tracing(2),
  listening(10, 1),
  survey(20, [listenerRow(), row(TCP.ESTABLISHED, { inode: 71, localPort: 50_000 })], [holder(1, 50), holder(3, 71)]),
  transition(30, TCP.CLOSE, TCP.SYN_SENT, { task: taskOf(2), inode: 70 }),
  child(40, TCP.LISTEN, TCP.SYN_RECV),
  child(50, TCP.SYN_RECV, TCP.ESTABLISHED),
  transition(60, TCP.SYN_SENT, TCP.ESTABLISHED, { inode: 70 }),
  accept(70, 1),
  transition(80, TCP.ESTABLISHED, TCP.FIN_WAIT1, { task: taskOf(2) }),
  child(90, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { inode: 60 }),
  transition(100, TCP.FIN_WAIT1, TCP.FIN_WAIT2),
  tick(200 * MS),
  transition(201 * MS, TCP.ESTABLISHED, TCP.CLOSE_WAIT, { address: 0xd0, inode: 71, localPort: 50_000 }),
  transition(202 * MS, TCP.CLOSE_WAIT, TCP.CLOSE, { address: 0xd0, inode: 71, localPort: 50_000 }),
  ...closing(203 * MS),
  tick(300 * MS),
  child(90 * SECOND, TCP.CLOSE_WAIT, TCP.LAST_ACK, { task: taskOf(1) }),
  child(90 * SECOND + 1, TCP.LAST_ACK, TCP.CLOSE),
  transition(91 * SECOND, TCP.FIN_WAIT2, TCP.CLOSE),
  survey(92 * SECOND, [listenerRow()], [holder(1, 50), holder(3, 71)]),
  tick(93 * SECOND),
];

/** A client that closes first and leaves a mini-socket. */
function closing(at: number): TraceEvent[] {
  const own = { address: 0xe0, localPort: 50_001 };
  return [
    transition(at, TCP.CLOSE, TCP.SYN_SENT, { ...own, task: taskOf(4) }),
    transition(at + 1, TCP.SYN_SENT, TCP.ESTABLISHED, own),
    transition(at + 2, TCP.ESTABLISHED, TCP.FIN_WAIT1, { ...own, task: taskOf(4) }),
    transition(at + 3, TCP.FIN_WAIT1, TCP.FIN_WAIT2, own),
    transition(at + 4, TCP.FIN_WAIT2, TCP.CLOSE, { ...own, evidence: { ...CALM, done: true, dead: true } }),
  ];
}

/** The current mini-sockets in the churn report, without those created. */
function standing(model: Model): object {
  const { total, processes, destinations } = buildChurn(model.tables);
  const holders = processes.filter(({ now }) => now > 0).map(({ pid, now }) => ({ pid, now }));
  const uses = destinations.map(({ side, address, port, timeWait, inUse, users }) => ({
    side,
    address,
    port,
    timeWait,
    inUse,
    users,
  }));
  return { total, holders, uses };
}

/** The sockets of a snapshot, without counts and rates, which restart with an image. */
function shown(model: Model): object {
  const { states, stuck, processes, unowned, wallMs, source, complete } = buildSnapshot(model.tables, 60_000);
  const rows = processes.map(
    ({ pid, comm, cmdline, closeWait, stuck: held, established, listen, oldestCloseWaitMs }) => ({
      pid,
      comm,
      cmdline,
      closeWait,
      held,
      established,
      listen,
      oldestCloseWaitMs,
    }),
  );
  return { states, stuck, unowned, wallMs, source, complete, rows: rows.toSorted((a, b) => a.pid - b.pid) };
}

test("a model restored from an image continues like the original, wherever the image was taken", () => {
  fc.assert(
    fc.property(fc.integer({ min: 4, max: life.length }), (cut) => {
      const whole = fold(...life.slice(0, cut));
      const image = structuredClone(buildImage(whole.model.tables));
      const resumed = fold(anchor, tracing(image.at), image);
      expect(shown(resumed.model)).toEqual(shown(whole.model));
      expect(standing(resumed.model)).toEqual(standing(whole.model));
      // The same rows, with the same socket ids and owners.
      const reported = fold(...life).reported.slice(whole.reported.length);
      expect(fold(anchor, tracing(image.at), image, ...life.slice(cut)).reported).toEqual(reported);
    }),
  );
});
