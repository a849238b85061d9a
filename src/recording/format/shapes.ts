import { z } from "zod";
import type { IdleConnection, ListenBacklog, SocketDetail } from "../../model/events/details.ts";
import type {
  ImagedHolder,
  ImagedProcess,
  ImagedSocket,
  ImagedTimeWait,
  ImagedVanished,
} from "../../model/events/image.ts";
import type { HeldSocket, ProcessFacts, SurveyedSocket, SurveyedTimeWait } from "../../model/events/survey.ts";
import type { NamespaceCounters } from "../../model/net/counters.ts";
import { TCP } from "../../model/net/tcp-state.ts";
import { namespaceCounters } from "./counter-shapes.ts";
import type { Table } from "./rows.ts";
import { LATEST_NANOS, nanos, port, text, whole } from "./scalar-shapes.ts";

/** A time that may be before the boot, such as one inferred from the bound of an age. */
const pastNanos = z.number().min(-LATEST_NANOS).max(LATEST_NANOS);
const address = z.union([
  z
    .number()
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  z.string().regex(/^[0-9a-f]{32}$/),
]);
export const state = z.literal(Object.values(TCP));
const tuple = { netns: whole, localAddress: address, localPort: port, remoteAddress: address, remotePort: port };
const TUPLE = ["netns", "localAddress", "localPort", "remoteAddress", "remotePort"] as const;

export const processFacts: z.ZodType<ProcessFacts> = z.object({
  pid: whole,
  comm: text,
  cmdline: text,
  uid: whole,
  startTime: whole,
  fdUsed: whole.nullable(),
  fdLimit: whole.nullable(),
  container: text.nullable(),
  unit: text.nullable(),
});

/** A descriptor of a process. */
export interface HeldRow extends HeldSocket {
  readonly pid: number;
}

const sockets: Table<SurveyedSocket> = {
  keys: ["inode", "state", ...TUPLE, "uid", "receiveQueue", "transmitQueue"],
  row: z.object({ ...tuple, state, inode: whole, uid: whole, receiveQueue: whole, transmitQueue: whole }),
  perLine: 500,
};

/**
 * A mini-socket's remaining time changes with every survey and its other columns do not, so it has a table of its own.
 */
const timeWaits: Table<Omit<SurveyedTimeWait, "remainingMs">> = {
  keys: ["remotePort", "localPort", "state", "netns", "localAddress", "remoteAddress"],
  row: z.object({ ...tuple, state: z.literal([TCP.TIME_WAIT, TCP.FIN_WAIT2]) }),
  perLine: 500,
};

const remaining: Table<Pick<SurveyedTimeWait, "remainingMs">> = {
  keys: ["remainingMs"],
  row: z.object({ remainingMs: z.number() }),
  perLine: 5000,
};

const processes: Table<ProcessFacts> = {
  keys: ["pid", "startTime", "comm", "cmdline", "uid", "fdUsed", "fdLimit", "container", "unit"],
  row: processFacts,
  perLine: 50,
};

const held: Table<HeldRow> = {
  keys: ["inode", "pid", "fd"],
  row: z.object({ pid: whole, inode: whole, fd: whole.nullable() }),
  perLine: 1000,
};

const namespaces: Table<{ readonly netns: number }> = {
  keys: ["netns"],
  row: z.object({ netns: whole }),
  perLine: 1000,
};

const unreadable: Table<{ readonly pid: number }> = { keys: ["pid"], row: z.object({ pid: whole }), perLine: 1000 };

const details: Table<SocketDetail> = {
  keys: ["inode", ...TUPLE, "lastAckMs", "lastSentMs"],
  row: z.object({ ...tuple, inode: whole, lastAckMs: z.number(), lastSentMs: z.number() }),
  perLine: 500,
};

const idle: Table<IdleConnection> = {
  keys: ["inode", ...TUPLE, "idleMs", "probeInMs"],
  row: z.object({ ...tuple, inode: whole, idleMs: z.number(), probeInMs: z.number().nullable() }),
  perLine: 500,
};

const backlogs: Table<ListenBacklog> = {
  keys: ["netns", "inode", "backlog"],
  row: z.object({ netns: whole, inode: whole, backlog: whole }),
  perLine: 1000,
};

const counted: Table<NamespaceCounters> = {
  keys: ["netns", "timeWait", "counters", "settings"],
  row: namespaceCounters,
  perLine: 50,
};

const imaged: Table<ImagedSocket> = {
  keys: [
    ...(["id", "address", "inode", "state", "since", "sinceIsExact"] as const),
    ...TUPLE,
    ...(["role", "pid", "evidence", "receiveQueue", "backlog", "detailAt", "sentAt", "lastTraced"] as const),
  ],
  row: z.object({
    ...tuple,
    netns: whole.nullable(),
    id: whole,
    address: whole.nullable(),
    state,
    since: pastNanos,
    sinceIsExact: z.boolean(),
    role: z.enum(["client", "server", "listener"]).nullable(),
    inode: whole.nullable(),
    pid: whole.nullable(),
    evidence: z.enum(["syscall", "accept", "inode", "listener", "unknown"]),
    receiveQueue: whole.nullable(),
    backlog: whole.nullable(),
    detailAt: pastNanos.nullable(),
    sentAt: pastNanos.nullable(),
    lastTraced: pastNanos,
  }),
  perLine: 500,
};

const holders: Table<ImagedHolder> = {
  keys: ["id", "pid", "fd"],
  row: z.object({ id: whole, pid: whole, fd: whole.nullable() }),
  perLine: 1000,
};

const names: Table<ImagedProcess> = {
  keys: ["pid", "comm", "uid", "lastSeen"],
  row: z.object({ pid: whole, comm: text, uid: whole.nullable(), lastSeen: nanos }),
  perLine: 500,
};

const vanished: Table<ImagedVanished> = {
  keys: ["id", "inode", "since", "sinceIsExact", "at", "isConfirmed"],
  row: z.object({
    id: whole,
    inode: whole,
    since: pastNanos,
    sinceIsExact: z.boolean(),
    at: nanos,
    isConfirmed: z.boolean(),
  }),
  perLine: 500,
};

const standing: Table<ImagedTimeWait> = {
  keys: ["side", "netns", "source", "address", "port", "clientPort", "pid", "since", "endsAt", "isFinWait2"],
  row: z.object({
    side: z.enum(["client", "server"]),
    netns: whole.nullable(),
    source: address,
    address,
    port,
    clientPort: port,
    pid: whole.nullable(),
    since: pastNanos,
    endsAt: pastNanos,
    isFinWait2: z.boolean(),
  }),
  perLine: 500,
};

/** All tables, by their names in the lines. */
export const TABLES = {
  sockets,
  timeWaits,
  remaining,
  processes,
  held,
  namespaces,
  unreadable,
  details,
  backlogs,
  idle,
  counted,
  imaged,
  holders,
  names,
  facts: processes,
  vanished,
  standing,
};
