import { SeededMap, scatter } from "../../base/seeded-map.ts";
import type { Survey, SurveyedProcess, SurveyedSocket } from "../events/survey.ts";
import { repair } from "./inference.ts";
import { foldTrends } from "./leak-fold.ts";
import { countTransition, own, ownThroughListener } from "./ownership.ts";
import type { Tables } from "./tables.ts";
import { countLive, foldGone } from "./time-wait-fold.ts";
import { foldTimeWaits } from "./time-wait-survey.ts";
import type { Nanos } from "../net/nanos.ts";
import { TCP, type TcpState } from "../net/tcp-state.ts";
import type { Holder } from "../processes/holder.ts";
import { UNKNOWN_OWNER } from "../processes/owner.ts";
import { socketMatcher } from "../sockets/socket-match.ts";
import { type Socket, hasFile } from "../sockets/socket.ts";
import type { TransitionRow } from "../sockets/transition-row.ts";

type Report = (row: TransitionRow) => void;
type Match = ReturnType<typeof socketMatcher>;

/**
 * A survey adds what was not traced: sockets older than tcptrace, and the holders of all sockets. Traced events win:
 * a survey changes the state of a traced socket only after the watermark has passed the survey's end, because only
 * then an event must be missing. Without a tracer, the differences between surveys are the events.
 */
export function foldSurvey(tables: Tables, survey: Survey, report: Report): void {
  tables.surveys.add(survey, tables.source.tracingSince);
  for (const process of survey.processes) tables.processes.learn(process, survey.at);
  const holders = holdersByInode(survey.processes);
  const match = socketMatcher(tables.sockets);
  // Listeners first: connections in their queues are charged to their holders.
  for (const row of survey.sockets) if (row.state === TCP.LISTEN) foldRow(tables, survey, row, match, holders, report);
  for (const row of survey.sockets) if (row.state !== TCP.LISTEN) foldRow(tables, survey, row, match, holders, report);
  foldTimeWaits(tables, survey, (row) => match({ ...row, inode: 0 }));
  const { count } = tables.surveys;
  for (const socket of tables.sockets) if (socket.surveyed !== count) foldAbsence(tables, survey, socket, report);
  tables.leakedDescriptors.settle(survey.at, holders, tables.sockets);
  foldTrends(tables, survey);
  forgetEnded(tables, survey);
  tables.timeWaits.destinations.forgetUnused(survey.at);
}

/** Each process once per socket, with its first descriptor of it. */
function holdersByInode(processes: readonly SurveyedProcess[]): SeededMap<number, Holder[]> {
  const holders = new SeededMap<number, Holder[]>();
  for (const { pid, sockets } of processes) {
    for (const { inode, fd } of sockets) {
      const known = holders.get(inode);
      if (known === undefined) holders.set(inode, [{ pid, fd }]);
      else if (known.at(-1)?.pid !== pid) known.push({ pid, fd });
    }
  }
  return holders;
}

function foldRow(
  tables: Tables,
  survey: Survey,
  row: SurveyedSocket,
  match: Match,
  holders: SeededMap<number, Holder[]>,
  report: Report,
): void {
  const { sockets } = tables;
  const known = match(row);
  const socket = known ?? createFrom(tables, survey, row);
  socket.surveyed = tables.surveys.count;
  if (known !== undefined) {
    socket.netns ??= row.netns;
    // A connection without an answer has its port in /proc long before the next event would report it.
    if (socket.localPort === 0) sockets.learnTuple(socket, row);
    if (socket.state === row.state) tables.doubts.drop(socket);
    else doubt(tables, survey, socket, row.state, report);
  }
  if (row.state !== TCP.LISTEN) countLive(tables, socket, openedAt(tables, survey, known));
  if (row.inode !== 0 || socket.inode === null) sockets.setInode(socket, row.inode);
  if (socket.state === row.state) socket.receiveQueue = row.receiveQueue;
  assignOwner(tables, survey, socket, holders.get(row.inode) ?? []);
  if (known === undefined && tables.surveys.count > 1) reportPolled(tables, survey, socket, TCP.CLOSE, report);
}

/** Without a tracer, a socket that the last survey did not show was opened since; null otherwise. */
function openedAt({ source, surveys }: Tables, { at }: Survey, known: Socket | undefined): Nanos | null {
  return source.name === "proc" && surveys.count > 1 && known === undefined ? at : null;
}

/** Without a tracer, a difference between two surveys is reported as a transition. */
function reportPolled(tables: Tables, survey: Survey, socket: Socket, from: TcpState, report: Report): void {
  if (tables.source.name !== "proc") return;
  const process = countTransition(tables, socket, survey.at);
  tables.counts.countPolled();
  if (from === TCP.CLOSE && socket.state !== TCP.LISTEN) process?.opened.add(survey.at);
  if (socket.state === TCP.CLOSE) process?.closed.add(survey.at);
  const { state: to, owner } = socket;
  report({ at: survey.at, socket, from, to, inState: null, owner, process, cause: "poll" });
}

function createFrom(tables: Tables, survey: Survey, row: SurveyedSocket): Socket {
  const socket = tables.sockets.create(row.state, survey.at, false);
  tables.sockets.learnTuple(socket, row);
  if (row.state === TCP.LISTEN) {
    tables.sockets.setRole(socket, "listener");
    tables.sockets.addListener(socket);
  } else if (tables.sockets.listeners.accepting(row).length > 0) tables.sockets.setRole(socket, "server");
  return socket;
}

function assignOwner(tables: Tables, survey: Survey, socket: Socket, holders: readonly Holder[]): void {
  tables.sockets.setHolders(socket, holders);
  const [first] = holders;
  const { pid, evidence } = socket.owner;
  if (first !== undefined) {
    // A traced owner stays the owner as long as it holds the socket.
    if (pid === null || evidence === "listener" || !holders.some((holder) => holder.pid === pid)) {
      own(tables, socket, tables.processes.seen(first.pid, null, survey.at).as.inode, survey.at);
    }
    return;
  }
  if (pid !== null) {
    if (hasPassedOn(survey, socket, pid)) own(tables, socket, UNKNOWN_OWNER, survey.at);
    return;
  }
  if (socket.state === TCP.LISTEN) return;
  const listeners = tables.sockets.listeners.accepting(socket);
  if (listeners.length === 0) return;
  if (socket.role === null) tables.sockets.setRole(socket, "server");
  if (socket.inode === null || socket.inode === 0) ownThroughListener(tables, socket, listeners, survey.at);
}

/** The owner's descriptors were read and the socket, which has a file, is not among them: another process holds it. */
function hasPassedOn(survey: Survey, socket: Socket, pid: number): boolean {
  if (socket.inode === null || socket.inode === 0 || !hasFile(socket)) return false;
  return socket.lastTraced < survey.at && !survey.unreadable.includes(pid);
}

/** The survey shows a state other than the model's; CLOSE: it does not show the socket. */
function doubt(tables: Tables, survey: Survey, socket: Socket, state: TcpState, report: Report): void {
  if (socket.lastTraced >= survey.at) return;
  if (tables.source.name === "bpf" && socket.address !== null) {
    // It may have changed after the survey began, and its event may not have arrived yet.
    tables.doubts.raise(socket, { state, until: survey.until });
    return;
  }
  const from = socket.state;
  if (from === TCP.CLOSE_WAIT && state === TCP.CLOSE) tables.leakedDescriptors.suspect(socket, survey.at);
  if (state === TCP.CLOSE) foldGone(tables, socket, survey.at);
  tables.sockets.setState(socket, state, survey.at, false);
  reportPolled(tables, survey, socket, from, report);
  if (state === TCP.CLOSE) tables.sockets.remove(socket);
}

/** Believes the survey where everything traced until then has arrived and nothing explains what the survey showed. */
export function settleDoubts(tables: Tables, watermark: Nanos, report: Report): void {
  for (const [socket, { state }] of tables.doubts.settled(watermark)) {
    repair(tables, socket, state, watermark, report);
    if (state === TCP.CLOSE) tables.sockets.remove(socket);
  }
}

/** A socket that the survey does not show: closed, bound but never connected, or newer than the survey. */
function foldAbsence(tables: Tables, survey: Survey, socket: Socket, report: Report): void {
  if (socket.lastTraced >= survey.at || socket.since >= survey.at) return;
  // A namespace without a process cannot be read, though processes that left it may still hold its sockets.
  if (tables.source.name === "bpf" && socket.netns !== null && !survey.namespaces.includes(socket.netns)) return;
  doubt(tables, survey, socket, TCP.CLOSE, report);
}

const FORGET_AFTER = 60e9;

/** Drops processes that hold no socket and have had no events for a minute. */
function forgetEnded(tables: Tables, survey: Survey): void {
  // Scattered because V8 does not seed the hashes of numbers: chosen pids could make every lookup slow.
  const holding = new Set<number>();
  for (const socket of tables.sockets) {
    if (socket.owner.pid !== null) holding.add(scatter(socket.owner.pid));
    for (const { pid } of socket.holders) holding.add(scatter(pid));
  }
  for (const process of tables.processes) {
    if (!holding.has(scatter(process.pid)) && process.timeWaits === 0 && survey.at - process.lastSeen > FORGET_AFTER)
      tables.processes.forget(process);
  }
}
