import type { Nanos, Survey, SurveyedProcess, SurveyedSocket } from "./event.ts";
import { repair } from "./inference.ts";
import { ownerThroughListener } from "./listeners.ts";
import { endsKey, type Socket } from "./socket.ts";
import type { Tables } from "./tables.ts";
import { TCP, type TcpState } from "./tcp-state.ts";
import type { TransitionRow } from "./transition-row.ts";

type Report = (row: TransitionRow) => void;

/**
 * Lets a reading of /proc fill in what was not traced: sockets older than tcptrace, and who holds what. What was traced
 * wins: a survey changes the state of a traced socket only when all has been told that was traced until its end, since
 * an event must be missing then. Without a tracer the surveys are the events.
 */
export function foldSurvey(tables: Tables, survey: Survey, report: Report): void {
  tables.surveys++;
  tables.complete = survey.complete;
  tables.timeWait = survey.timeWait;
  for (const process of survey.processes) tables.processes.learn(process, survey.at);
  const holders = holdersByInode(survey.processes);
  const traced = tracedWithoutInode(tables);
  // Listeners first, since what waits in their queues is theirs.
  for (const row of survey.sockets) if (row.state === TCP.LISTEN) foldRow(tables, survey, row, traced, holders, report);
  for (const row of survey.sockets) if (row.state !== TCP.LISTEN) foldRow(tables, survey, row, traced, holders, report);
  for (const socket of tables.sockets)
    if (socket.surveyed !== tables.surveys) foldAbsence(tables, survey, socket, report);
  forgetEnded(tables, survey);
  tables.isSeeded = tables.tracingSince !== null && survey.at >= tables.tracingSince;
}

function holdersByInode(processes: readonly SurveyedProcess[]): Map<number, number[]> {
  const holders = new Map<number, number[]>();
  for (const process of processes) {
    for (const { inode } of process.sockets) {
      const pids = holders.get(inode);
      if (pids === undefined) holders.set(inode, [process.pid]);
      else if (pids.at(-1) !== process.pid) pids.push(process.pid);
    }
  }
  return holders;
}

/** Traced sockets that a row can only be matched to by its ends. */
function tracedWithoutInode(tables: Tables): Map<string, Socket[]> {
  const byEnds = new Map<string, Socket[]>();
  for (const socket of tables.sockets) {
    if (socket.address === null || (socket.inode !== null && socket.inode !== 0 && hasFile(socket))) continue;
    const key = endsKey(socket);
    const same = byEnds.get(key);
    if (same === undefined) byEnds.set(key, [socket]);
    else same.push(socket);
  }
  return byEnds;
}

/** In the other states its process may have closed it, and then its row has no inode, though its last event had one. */
function hasFile({ state }: Socket): boolean {
  return state === TCP.LISTEN || state === TCP.SYN_SENT || state === TCP.ESTABLISHED || state === TCP.CLOSE_WAIT;
}

function foldRow(
  tables: Tables,
  survey: Survey,
  row: SurveyedSocket,
  traced: ReadonlyMap<string, Socket[]>,
  holders: ReadonlyMap<number, number[]>,
  report: Report,
): void {
  const { sockets } = tables;
  const byEnds = traced.get(endsKey(row))?.find((socket) => socket.netns === null || socket.netns === row.netns);
  const known = (row.inode === 0 ? undefined : sockets.atInode(row.inode)) ?? byEnds ?? sockets.untraced(row);
  const socket = known ?? createFrom(tables, survey, row);
  socket.surveyed = tables.surveys;
  if (known !== undefined) {
    socket.netns ??= row.netns;
    // A connection that nobody answers has its port in /proc long before the next event would tell it.
    if (socket.localPort === 0) socket.learnEnds(row);
    if (socket.state === row.state) tables.doubts.delete(socket);
    else doubt(tables, survey, socket, row.state, report);
  }
  if (row.inode !== 0) sockets.setInode(socket, row.inode);
  assignOwner(tables, survey, socket, holders.get(row.inode) ?? []);
  if (known === undefined && tables.surveys > 1) reportPolled(tables, survey, socket, TCP.CLOSE, report);
}

/** Without a tracer, what differs between two surveys is all that is known of a transition. */
function reportPolled(tables: Tables, survey: Survey, socket: Socket, from: TcpState, report: Report): void {
  if (tables.source !== "proc") return;
  const process = tables.countTransition(socket, survey.at);
  if (from === TCP.CLOSE && socket.state !== TCP.LISTEN) process?.opened.add(survey.at);
  if (socket.state === TCP.CLOSE) process?.closed.add(survey.at);
  const { state: to, owner } = socket;
  report({ at: survey.at, socket, from, to, inState: null, owner, process, cause: "poll" });
}

function createFrom(tables: Tables, survey: Survey, row: SurveyedSocket): Socket {
  const socket = tables.sockets.create(row.state, survey.at, false);
  socket.learnEnds(row);
  if (row.state === TCP.LISTEN) {
    socket.role = "listener";
    tables.sockets.listeners.add(socket);
  }
  tables.sockets.indexEnds(socket);
  return socket;
}

function assignOwner(tables: Tables, survey: Survey, socket: Socket, pids: readonly number[]): void {
  socket.holders = pids;
  const [first] = pids;
  if (first !== undefined) {
    // Who was traced keeps it as long as it still holds it.
    if (socket.owner.pid === null || !pids.includes(socket.owner.pid) || socket.owner.evidence === "listener") {
      tables.own(socket, { pid: first, evidence: "inode" }, survey.at);
    }
    return;
  }
  if (socket.owner.pid !== null || socket.state === TCP.LISTEN) return;
  const listeners = tables.sockets.listeners.accepting(socket);
  if (listeners.length === 0) return;
  socket.role ??= "server";
  if (socket.inode === null || socket.inode === 0) tables.own(socket, ownerThroughListener(listeners), survey.at);
}

/** The survey shows another state than the model has; CLOSE stands for a row that is gone. */
function doubt(tables: Tables, survey: Survey, socket: Socket, state: TcpState, report: Report): void {
  if (tables.source === "bpf" && socket.address !== null) {
    if (socket.lastTraced >= survey.at) return;
    // It may have changed after the survey began, and its event be on the way.
    tables.doubts.set(socket, { state, until: survey.until });
    return;
  }
  const from = socket.state;
  tables.sockets.setState(socket, state, survey.at, false);
  reportPolled(tables, survey, socket, from, report);
  if (state === TCP.CLOSE) tables.sockets.remove(socket);
}

/** Believes the surveys where all has been told that was traced until then, and nothing explains what they showed. */
export function settleDoubts(tables: Tables, complete: Nanos, report: Report): void {
  for (const [socket, { state, until }] of tables.doubts) {
    if (until > complete) continue;
    tables.doubts.delete(socket);
    repair(tables, socket, state, complete, report);
    if (state === TCP.CLOSE) tables.sockets.remove(socket);
  }
}

/** A socket that the survey does not show: closed, or bound and never connected, or too young. */
function foldAbsence(tables: Tables, survey: Survey, socket: Socket, report: Report): void {
  if (socket.lastTraced >= survey.at || socket.since >= survey.at) return;
  doubt(tables, survey, socket, TCP.CLOSE, report);
}

const FORGET_AFTER = 60e9;

/** Drops processes that hold no socket and have been silent for a minute. */
function forgetEnded(tables: Tables, survey: Survey): void {
  const holding = new Set<number | null>();
  for (const socket of tables.sockets) holding.add(socket.owner.pid);
  for (const process of tables.processes) {
    if (!holding.has(process.pid) && survey.at - process.lastSeen > FORGET_AFTER) tables.processes.remove(process);
  }
}
