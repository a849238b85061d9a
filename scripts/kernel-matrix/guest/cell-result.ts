// What the guest leaves for the host to judge, as JSON. Types only: the guest has no other modules than its own.

export type Side = "client" | "server";

/** Connections of one port: the processes at both ends, and the client's ports of those whose end left a mini-socket. */
export interface Ending {
  readonly port: number;
  readonly server: number;
  readonly client: number;
  readonly standing: Readonly<Record<Side, readonly number[]>>;
}

/** How connections end, in the words of closes.py. */
export type Way =
  | "close"
  | "shutdown"
  | "both"
  | "linger0"
  | "unread"
  | "reset"
  | "linger2"
  | "killed"
  | "orphan-reset";

export interface WayEnding extends Ending {
  readonly way: Way;
  readonly count: number;
}

/** What a cell's workload did; everything is known of it. */
export interface Truth extends Ending {
  readonly connections: number;
  readonly ways: readonly WayEnding[];
  /** Mini-sockets by the kernel's own count. */
  readonly begun: number;
  /** Until tcptrace traced. */
  readonly startMs: number;
}

export interface CellResult {
  readonly cell: string;
  /** Null when something went wrong before the workload was done: then `error` says what. */
  readonly truth: Truth | null;
  readonly error: string | null;
  /** Of tcptrace. */
  readonly exitCode: number | null;
  readonly stopMs: number;
}

export interface Refusal {
  readonly name: string;
  readonly complaints: readonly string[];
}

export interface RefusalsResult {
  readonly cell: string;
  readonly refusals: readonly Refusal[];
}
