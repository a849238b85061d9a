import type { TransitionLine } from "#test/support/machine/tcptrace.ts";

/** The states of both sides of a connection that the client closes first and the server second. */
export const CLIENT_LIFE = ["CLOSE", "SYN_SENT", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "CLOSE"] as const;
export const SERVER_LIFE = ["LISTEN", "SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSE"] as const;

const MAX_COMPLAINTS = 10;

interface Life {
  readonly states: readonly string[];
  readonly pid: number;
  ends: string;
  step: number;
  /** The last row was found by a survey, so its time is unknown. */
  wasPolled: boolean;
}

export interface Truth {
  readonly client: number;
  readonly server: number;
  readonly port: number;
  readonly netns: number;
}

/** Checks the transitions of one port against what the workload did. Keeps only counts, so it can check any number. */
export class Lives {
  readonly #truth: Truth;
  readonly #suffix: string;
  readonly #lives = new Map<string, Life>();
  /** Counts by kind, such as `client SYN_SENT ESTABLISHED`. */
  readonly counts: Record<string, number> = {};
  /** The first few mismatches, in words. */
  readonly complaints: string[] = [];
  transitions = 0;
  polled = 0;
  /** Rows that name the wrong process. */
  wrongOwners = 0;

  constructor(truth: Truth) {
    this.#truth = truth;
    this.#suffix = `:${truth.port}`;
  }

  /** Number of sockets seen through all their states. */
  get whole(): number {
    return [...this.#lives.values()].filter(({ states, step }) => step === states.length - 1).length;
  }

  /** Whether the transition is one of the workload's connections. */
  owns(row: TransitionLine): boolean {
    if (row.netns !== this.#truth.netns || row.from === row.to) return false;
    return row.remote !== null && (row.local?.endsWith(this.#suffix) === true || row.remote.endsWith(this.#suffix));
  }

  add(row: TransitionLine): void {
    if (!this.owns(row)) return;
    this.transitions++;
    const isServer = row.local?.endsWith(this.#suffix) === true;
    const kind = `${isServer ? "server" : "client"} ${row.from} ${row.to}`;
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    let life = this.#lives.get(row.socket);
    if (life === undefined) {
      const states = isServer ? SERVER_LIFE : CLIENT_LIFE;
      const pid = isServer ? this.#truth.server : this.#truth.client;
      life = { states, pid, ends: `${row.local} ${row.remote}`, step: 0, wasPolled: false };
      this.#lives.set(row.socket, life);
    }
    this.#check(life, row);
  }

  #check(life: Life, row: TransitionLine): void {
    const isPolled = row.cause === "poll";
    if (isPolled) this.polled++;
    const { states, step } = life;
    if (row.from !== states[step] || row.to !== states[step + 1]) this.#complain("out of turn", row);
    if (row.pid !== null && row.pid !== life.pid) this.wrongOwners++;
    if (row.pid !== life.pid) this.#complain(`pid should be ${life.pid}`, row);
    // A retransmitted SYN leaves the port unknown for longer than a row waits.
    if (life.ends.startsWith("null ") && life.ends.endsWith(` ${row.remote}`)) life.ends = `${row.local} ${row.remote}`;
    if (`${row.local} ${row.remote}` !== life.ends) this.#complain(`ends were ${life.ends}`, row);
    if ((row.inStateMs === null) !== (step === 0 || isPolled || life.wasPolled)) this.#complain("duration", row);
    if (row.cause === null) this.#complain("no cause", row);
    life.step++;
    life.wasPolled = isPolled;
  }

  #complain(what: string, row: TransitionLine): void {
    if (this.complaints.length < MAX_COMPLAINTS) this.complaints.push(`${what}: ${JSON.stringify(row)}`);
  }
}

/** The value of `Lives.counts` if all states of this many connections were seen. */
export function wholeCounts(connections: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [side, states] of [
    ["client", CLIENT_LIFE],
    ["server", SERVER_LIFE],
  ] as const) {
    for (const [step, from] of states.slice(0, -1).entries())
      counts[`${side} ${from} ${states[step + 1]}`] = connections;
  }
  return counts;
}
