import { SeededMap } from "../../base/seeded-map.ts";
import type { IdleSeen } from "../events/details.ts";
import type { ClockAnchor, CountersSeen, SourceName } from "../events/event.ts";
import type { PollCost, ProcessFacts } from "../events/survey.ts";
import { type Filter, MATCH_ALL } from "../filter/filter.ts";
import type { NamespaceCounters, NetworkSettings } from "../net/counters.ts";
import type { Nanos } from "../net/nanos.ts";
import type { TcpState } from "../net/tcp-state.ts";
import { type Owner, UNKNOWN_OWNER } from "../processes/owner.ts";
import { ProcessTable } from "../processes/process-table.ts";
import type { Process } from "../processes/process.ts";
import { ChangeCounts } from "../rates/change-counts.ts";
import { CounterRates } from "../rates/counter-rates.ts";
import { History } from "../rates/history.ts";
import { RateMeter } from "../rates/rate.ts";
import { RecentCounters } from "../rates/recent-counters.ts";
import { Series } from "../rates/series.ts";
import { pidOfListener } from "../sockets/listeners.ts";
import { SocketTable } from "../sockets/socket-table.ts";
import type { Socket } from "../sockets/socket.ts";
import type { LeakedDescriptor } from "../sockets/leaked-descriptor.ts";
import { DestinationTable } from "../time-wait/destination-table.ts";
import { TimeWaitTable } from "../time-wait/time-wait.ts";

/** What a survey said of a socket; `until` is when it had been read. CLOSE stands for a row that is gone. */
export interface Doubt {
  readonly state: TcpState;
  readonly until: Nanos;
}

/** More descriptors than any process may have open by default. */
const MAX_VANISHED = 1_048_576;

const MAX_FORMER = 10_000;

/** The model's state: sockets, processes and the run's own counts. */
export class Tables {
  readonly sockets = new SocketTable();
  readonly processes = new ProcessTable();
  readonly rate = new RateMeter();
  now: Nanos = 0;
  /** Up to here all has been told that was traced; under load it lags behind `now`. */
  watermark: Nanos = 0;
  anchor: ClockAnchor | null = null;
  source: SourceName | null = null;
  sourceDetail = "";
  transitions = 0;
  attributed = 0;
  /** Transitions that were sent and never arrived, and when the last of them were found missing. */
  dropped = 0;
  droppedAt: Nanos = -Infinity;
  /** By pair of states: what was traced, what was dropped, and what was skipped and found again. */
  readonly changes = new ChangeCounts();
  /** Of the transitions, those that only polls have told, while nothing was traced. */
  polled = 0;
  /** Transitions that the kernel ran no program for, and how many of them have been found since. */
  skipped = 0;
  inferred = 0;
  /** Traced sockets that the last survey showed in another state, until it is clear whether an event explains it. */
  readonly doubts = new Map<Socket, Doubt>();
  /** Times that an event did not fit the last one of its socket: at least one in between was never counted. */
  contradictions = 0;
  /** Time in which nothing was traced. */
  gap: Nanos = 0;
  /** False when the last survey could not read some process. */
  complete = true;
  surveys = 0;
  /** All sockets that are older than the tracer are known. */
  isSeeded = false;
  /** When the kernel was last asked for details of sockets in CLOSE_WAIT. */
  detailsAt: Nanos = -Infinity;
  /** Connections that were silent when that was last looked at; null: it never was. */
  idle: IdleSeen | null = null;
  /** Leaked descriptors: sockets that have left the kernel's tables without a close(). By inode. */
  readonly leakedDescriptors = new SeededMap<number, LeakedDescriptor>();
  readonly destinations = new DestinationTable();
  readonly timeWaits = new TimeWaitTable();
  /** Which mini-sockets are counted. */
  timeWaitFilter: Filter = MATCH_ALL;
  /** Mini-sockets made since tracing began, and those of them whose process is not known. */
  timeWaitsEntered = 0;
  timeWaitsUnowned = 0;
  /** Processes that are not kept any more and that have made some. */
  readonly formerProcesses: Process[] = [];
  readonly unownedRate = new RateMeter();
  readonly timeWaitHistory = new History();
  /** Transitions, and sockets in CLOSE_WAIT, of all sockets whatever is filtered. */
  readonly transitionSeries = new Series();
  readonly closeWaitSeries = new Series();
  /** Whether the tracer tells which namespace a socket is in. */
  hasNamespaces = true;
  /** The namespace that all sockets are in; null when there are more, or none is known. */
  onlyNetns: number | null = null;
  /** What the kernel counts by itself, as last read, and as first read in each namespace. */
  counters: CountersSeen | null = null;
  readonly firstCounters = new Map<number, NamespaceCounters>();
  /** What connect() and TIME_WAIT go by in each namespace. */
  readonly settings = new Map<number, NetworkSettings>();
  readonly counterRates = new CounterRates();
  readonly recentCounters = new RecentCounters();
  /** When /proc was last read, how often it is, and what that costs; null while that is not known. */
  polledAt: Nanos | null = null;
  pollCost: PollCost | null = null;
  /** Processes that the last survey could not read. */
  unreadable = 0;
  /** When tracing or polling began for good, as opposed to waiting for the tracer. */
  tracingSince: Nanos | null = null;

  /** Transitions that the kernel says it skipped and that have not been found. It does not admit to all. */
  get missing(): number {
    return Math.max(0, this.skipped - this.inferred);
  }

  /** Transitions that happened and were never reported: with those that were, all that the kernel counted. */
  get lost(): number {
    return Math.max(0, this.dropped + this.skipped - this.inferred);
  }

  /** How far the telling is behind; 0 before anything was told. */
  get lagMs(): number {
    return this.watermark === 0 ? 0 : Math.max(0, this.now - this.watermark) / 1e6;
  }

  /** Counts one transition of this socket; returns its owner's process. */
  countTransition(socket: Socket, at: Nanos): Process | null {
    this.transitions++;
    this.rate.add(at);
    const { pid } = socket.owner;
    if (pid === null) {
      socket.unattributed++;
      return null;
    }
    this.attributed++;
    const process = this.processes.seen(pid, null, at);
    process.transitions++;
    process.rate.add(at);
    return process;
  }

  /** Gives the socket to its owner, and with it the transitions that nobody was known for. */
  own(socket: Socket, owner: Owner, at: Nanos): void {
    if (owner === socket.owner) return;
    // The last survey has not seen this one: what it saw is old.
    const isSeen = socket.holders.some(({ pid }) => pid === owner.pid);
    this.sockets.setOwner(socket, owner, isSeen ? socket.holders : []);
    if (owner.pid === null || socket.unattributed === 0) return;
    this.attributed += socket.unattributed;
    this.processes.seen(owner.pid, null, at).transitions += socket.unattributed;
    socket.unattributed = 0;
  }

  /** Gives the socket to who listens where it came in, as far as that is one process. */
  ownThroughListener(socket: Socket, listeners: readonly Socket[], at: Nanos): void {
    const pid = pidOfListener(listeners);
    this.own(socket, pid === null ? UNKNOWN_OWNER : this.processes.seen(pid, null, at).as.listener, at);
  }

  /** The socket leaves CLOSE_WAIT without a close(): a later survey tells whether somebody still holds it. */
  vanish(socket: Socket, at: Nanos): void {
    const { inode, since, sinceIsExact } = socket;
    if (inode === null || inode === 0 || this.leakedDescriptors.size >= MAX_VANISHED) return;
    this.leakedDescriptors.set(inode, { socket, since, sinceIsExact, at, isConfirmed: false });
  }

  /** Takes what /proc says of a process; one that had its pid before has ended. */
  learn(facts: ProcessFacts, at: Nanos): void {
    const before = this.processes.at(facts.pid);
    this.processes.learn(facts, at);
    if (before !== undefined && this.processes.at(facts.pid) !== before) this.#remember(before);
  }

  /** The process holds nothing any more; what it has left behind in the run stays counted. */
  forget(process: Process): void {
    this.processes.remove(process);
    this.#remember(process);
  }

  #remember(process: Process): void {
    const isKept = process.timeWaitsEntered > 0 || process.timeWaits > 0;
    if (isKept && this.formerProcesses.length < MAX_FORMER) this.formerProcesses.push(process);
  }

  /** Time goes by: the seconds that are over go into the series. */
  keepSeries(at: Nanos): void {
    if (this.tracingSince === null) return;
    this.transitionSeries.tick(at, (second) => this.rate.countIn(second));
    this.closeWaitSeries.tick(at, () => this.sockets.closeWait);
  }

  wallMs(at: Nanos): number {
    return this.anchor === null ? 0 : this.anchor.wallMs + (at - this.anchor.at) / 1e6;
  }
}
