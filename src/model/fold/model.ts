import { causeOf } from "../events/cause.ts";
import type { Image } from "../events/image.ts";
import type { Accept, ClockAnchor, CountersSeen, SourceChange, Tick, TraceEvent, Transition } from "../events/event.ts";
import { type Filter, MATCH_ALL } from "../filter/filter.ts";
import { buildImage, foldImage } from "./image.ts";
import { repair, repairBirth } from "./inference.ts";
import { foldDetails } from "./leak-fold.ts";
import { countConnection, countTransition, own, ownThroughListener } from "./ownership.ts";
import { foldSurvey, settleDoubts } from "./survey-fold.ts";
import { Tables } from "./tables.ts";
import { foldConnection } from "./time-wait-fold.ts";
import { settleMissed } from "./time-wait-survey.ts";
import type { SocketRole } from "../net/tuple.ts";
import type { Nanos } from "../net/nanos.ts";
import { TCP } from "../net/tcp-state.ts";
import { UNKNOWN_OWNER, taskIsOwner } from "../processes/owner.ts";
import type { Process } from "../processes/process.ts";
import type { Socket } from "../sockets/socket.ts";
import type { TransitionRow } from "../sockets/transition-row.ts";

/**
 * Folds trace events into sockets, their states, ages and owners. Reads no clock, file or environment: the same events
 * always give the same result.
 */
export class Model {
  readonly tables: Tables;
  /** Called for each transition, after the tables are updated. */
  onTransition: ((row: TransitionRow) => void) | null = null;

  /** `timeWaitFilter` selects the mini-sockets to count and cannot change later. */
  constructor(timeWaitFilter: Filter = MATCH_ALL) {
    this.tables = new Tables(timeWaitFilter);
  }

  readonly #report = (row: TransitionRow): void => this.onTransition?.(row);

  fold(event: TraceEvent): void {
    const { tables } = this;
    tables.clock.advanceTo(event.at);
    switch (event.kind) {
      case "transition":
        return this.#transition(event);
      case "accept":
        return this.#accept(event);
      case "survey":
        return foldSurvey(tables, event, this.#report);
      case "details":
        return foldDetails(tables, event);
      case "counters":
        tables.kernel.add(event);
        return settleMissed(tables, event);
      case "process":
        return tables.processes.learn(event.process, event.at);
      case "loss":
        return tables.counts.countLoss(event);
      case "gap":
        tables.source.addGap(event);
        return tables.sockets.untrace();
      case "source":
        tables.source.change(event);
        if (event.ready) tables.timeWaits.begin(event.at);
        return;
      case "anchor":
        return tables.clock.setAnchor(event);
      case "image":
        return foldImage(tables, event);
      case "tick":
        return this.#tick(event);
      default:
        return event satisfies never;
    }
  }

  #tick({ at, watermark }: Tick): void {
    const { clock, timeWaits, source, series, counts, sockets } = this.tables;
    clock.raiseWatermark(watermark);
    timeWaits.table.sweep(at);
    if (source.tracingSince !== null) series.tick(at, counts, sockets.closeWait);
    settleDoubts(this.tables, watermark, this.#report);
  }

  #transition(event: Transition): void {
    this.tables.clock.raiseWatermark(event.at);
    const socket = this.#socketOf(event);
    const { sockets } = this.tables;
    socket.lastTraced = event.at;
    this.tables.doubts.drop(socket);
    if (event.inode !== null && (event.inode !== 0 || socket.inode === null)) sockets.setInode(socket, event.inode);
    const task = event.task;
    if (task !== null && taskIsOwner(event.from, event.to, event.evidence?.error ?? 0, socket.owner)) {
      const process = this.tables.processes.seen(task.pid, task.comm, event.at);
      process.uid ??= task.uid;
      own(this.tables, socket, process.as.syscall, event.at);
    } else if (socket.role === "server") this.#ownThroughListener(socket, event);
    if (event.from !== event.to) this.#change(socket, event);
    else if (event.to === TCP.CLOSE) sockets.remove(socket);
  }

  /**
   * Until its accept() is seen, a connection is charged to the process that listens. One that was accepted unseen, for
   * example through io_uring, may belong to any holder of the listener: its owner is known only if there is one holder.
   */
  #ownThroughListener(socket: Socket, event: Transition): void {
    const { tables } = this;
    if (socket.owner.pid !== null && socket.owner.evidence !== "listener") return;
    const listeners = tables.sockets.listeners.accepting(socket);
    const isAccepted = event.inode !== null && event.inode !== 0;
    const isSure = !isAccepted || listeners.every(({ holders }) => holders.length === 1);
    if (socket.owner.pid === null && isSure) ownThroughListener(tables, socket, listeners, event.at);
    else if (socket.owner.evidence === "listener" && !isSure) own(tables, socket, UNKNOWN_OWNER, event.at);
  }

  /** The socket of the event, with its tuple and its `from` state corrected. */
  #socketOf(event: Transition): Socket {
    const { sockets } = this.tables;
    const isBirth =
      (event.from === TCP.CLOSE || event.from === TCP.LISTEN) && event.to !== TCP.CLOSE && event.from !== event.to;
    let socket = sockets.atAddress(event.address);
    if (socket !== undefined && (isBirth || isOther(socket, event))) {
      // The end of the socket that had this address before was never traced.
      if (socket.state !== TCP.CLOSE) repair(this.tables, socket, TCP.CLOSE, event.at, this.#report);
      sockets.remove(socket);
      socket = undefined;
    }
    if (socket === undefined) return this.#firstSight(event, isBirth);
    if (socket.state !== event.from) repair(this.tables, socket, event.from, event.at, this.#report);
    sockets.learnTuple(socket, event);
    return socket;
  }

  #firstSight(event: Transition, isBirth: boolean): Socket {
    const { sockets } = this.tables;
    const surveyed =
      (event.inode !== null && event.inode !== 0 ? sockets.atInode(event.inode) : undefined) ??
      sockets.untraced(event, event.inode);
    const known = surveyed?.address === null ? surveyed : undefined;
    // A survey may show a connection before its first events arrive; they are more exact, so they replace it.
    if (known !== undefined && isBirth) sockets.remove(known);
    const socket = known !== undefined && !isBirth ? known : sockets.create(event.from, event.at, false);
    sockets.setAddress(socket, event.address);
    sockets.learnTuple(socket, event);
    if (known === undefined && !isBirth) this.#birthOf(socket, event);
    if (socket.state !== event.from) sockets.setState(socket, event.from, event.at, false);
    // A new connection is in LISTEN, too, until its first event (a birth); otherwise this is the listener.
    if (event.from === TCP.LISTEN && !isBirth) sockets.addListener(socket);
    if (isBirth) sockets.setRole(socket, roleAtBirth(event));
    return socket;
  }

  /** A socket first seen in mid-life although all older ones are known: the kernel skipped its start. */
  #birthOf(socket: Socket, event: Transition): void {
    const { tables } = this;
    if (
      !tables.surveys.isSeeded ||
      tables.counts.missing === 0 ||
      event.from === TCP.CLOSE ||
      event.from === TCP.LISTEN
    )
      return;
    const listeners = tables.sockets.listeners.accepting(socket);
    if (listeners.length === 0) return;
    ownThroughListener(tables, socket, listeners, event.at);
    repairBirth(tables, socket, event.from, event.at, this.#report);
  }

  #change(socket: Socket, event: Transition): void {
    const { tables } = this;
    const { since, sinceIsExact } = socket;
    // After close() it would have passed through LAST_ACK and would no longer have a file.
    const isReset = event.from === TCP.CLOSE_WAIT && event.to === TCP.CLOSE && event.inode !== 0;
    if (isReset) tables.leakedDescriptors.suspect(socket, event.at);
    tables.sockets.setState(socket, event.to, event.at, true);
    const process = countTransition(tables, socket, event.at);
    tables.counts.countTraced(event.from, event.to);
    const cause = causeOf(event);
    if (process !== null) countConnection(process, socket, event, cause);
    foldConnection(tables, socket, event, cause);
    if (event.to === TCP.CLOSE) tables.sockets.remove(socket);
    if (this.onTransition === null) return;
    const { at, from, to } = event;
    const inState = sinceIsExact ? Math.max(0, at - since) : null;
    this.onTransition({ at, socket, from, to, inState, owner: socket.owner, process, cause });
  }

  #accept(event: Accept): void {
    const { sockets, processes } = this.tables;
    const process = processes.seen(event.task.pid, event.task.comm, event.at);
    process.uid ??= event.task.uid;
    process.opened.add(event.at);
    const socket = sockets.atAddress(event.address) ?? sockets.atInode(event.inode);
    if (socket === undefined || !canBeAccepted(socket, event)) return;
    sockets.setInode(socket, event.inode);
    sockets.setHolders(socket, [{ pid: process.pid, fd: event.fd }]);
    own(this.tables, socket, process.as.accept, event.at);
    this.#acceptor(socket, process, event.at);
  }

  /** The process that accepts holds the listener, even if another one opened it and passed it on by fork(). */
  #acceptor(socket: Socket, process: Process, at: Nanos): void {
    const [listener, ...others] = this.tables.sockets.listeners.accepting(socket);
    if (listener === undefined || others.length > 0 || listener.owner.pid === process.pid) return;
    own(this.tables, listener, process.as.accept, at);
  }

  get now(): Nanos {
    return this.tables.clock.now;
  }

  /** Milliseconds after the Unix epoch of a moment on the tracer's clock; with a fraction. */
  wallMs(at: Nanos): number {
    return this.tables.clock.wallMs(at);
  }

  /** For a recording file that begins here. */
  image(): Image {
    return buildImage(this.tables);
  }

  /** The last events of the kinds that an image does not contain; null if there was none. */
  lastEvents(): { anchor: ClockAnchor | null; source: SourceChange | null; counters: CountersSeen | null } {
    const { clock, source, kernel } = this.tables;
    return { anchor: clock.anchor, source: source.changeAt(clock.now), counters: kernel.last };
  }
}

function roleAtBirth({ from, to }: Transition): SocketRole {
  if (from === TCP.LISTEN) return "server";
  return to === TCP.LISTEN ? "listener" : "client";
}

/** False if the socket was never in an accept queue: then the event is about a new socket at a reused address. */
function canBeAccepted({ role, inode, state }: Socket, event: Accept): boolean {
  if (role === "client" || (inode !== null && inode !== 0 && inode !== event.inode)) return false;
  return role === "server" || state === TCP.SYN_RECV || state === TCP.ESTABLISHED || state === TCP.CLOSE_WAIT;
}

/** Whether the event is about a new socket at a reused address: a known port does not change. */
function isOther(socket: Socket, event: Transition): boolean {
  return differ(socket.localPort, event.localPort) || differ(socket.remotePort, event.remotePort);
}

function differ(known: number, reported: number): boolean {
  return known !== 0 && reported !== 0 && known !== reported;
}
