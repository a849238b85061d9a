// The JSON that the guest writes for the host to judge. Types only, so that the guest needs no modules of the host.

export type Side = "client" | "server";

/** Connections of one port: both processes, and the client ports of connections that left a mini-socket, by side. */
export interface Ending {
  readonly port: number;
  readonly server: number;
  readonly client: number;
  readonly standing: Readonly<Record<Side, readonly number[]>>;
}

/** Ways in which connections end, as closes.py names them. */
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

/** Everything a cell's workload did. */
export interface Truth extends Ending {
  readonly connections: number;
  readonly ways: readonly WayEnding[];
  /** Mini-sockets by the kernel's own count. */
  readonly created: number;
  /** Milliseconds until tcptrace traced. */
  readonly startMs: number;
}

export interface CellResult {
  readonly cell: string;
  /** Null if the workload did not finish: `error` says why. */
  readonly truth: Truth | null;
  readonly error: string | null;
  /** The exit code of tcptrace. */
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
