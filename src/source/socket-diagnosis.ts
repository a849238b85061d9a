import { createInterface } from "node:readline";
import { execa } from "execa";
import { Inhabitants } from "../host/inhabitants.ts";
import { findSystemTool } from "../host/path-search.ts";
import { SsReader, type SsRows } from "../host/ss-output.ts";

const WORDS = ["-tneiH", "state", "close-wait", "state", "listening"];
const TIMEOUT_MS = 10_000;
const MAX_ROWS = 1_000_000;

/**
 * The kernel's socket diagnosis (inet_diag), through iproute2's ss: since when at least a connection is in CLOSE_WAIT,
 * whether its program still sends, and how long accept queues may get. /proc/net/tcp tells none of it.
 */
export class SocketDiagnosis {
  readonly #inhabitants = new Inhabitants();
  readonly #ss = findSystemTool("ss");
  readonly #nsenter = findSystemTool("nsenter");

  /** What these namespaces' sockets are like; null where ss is missing, or failed everywhere. */
  async ask(namespaces: readonly number[], signal: AbortSignal): Promise<SsRows | null> {
    if (this.#ss === null || namespaces.length === 0) return null;
    await this.#inhabitants.find(namespaces);
    const rows: SsRows = { details: [], backlogs: [] };
    let answers = 0;
    for (const netns of namespaces) {
      const answer = await this.#askOne(this.#ss, netns, signal);
      if (answer === null) continue;
      answers++;
      for (const detail of answer.details) rows.details.push(detail);
      for (const backlog of answer.backlogs) rows.backlogs.push(backlog);
    }
    return answers === 0 ? null : rows;
  }

  async #askOne(ss: string, netns: number, signal: AbortSignal): Promise<SsRows | null> {
    const pid = this.#inhabitants.of(netns);
    if (pid === undefined || (pid !== "self" && this.#nsenter === null)) return null;
    const isOwn = pid === "self" || this.#nsenter === null;
    const [file, words] = isOwn ? [ss, WORDS] : [this.#nsenter, [`--net=/proc/${pid}/ns/net`, ss, ...WORDS]];
    const reader = new SsReader(netns);
    const child = execa(file, words, {
      stdin: "ignore",
      stderr: "ignore",
      buffer: false,
      reject: false,
      timeout: TIMEOUT_MS,
      cancelSignal: signal,
      env: { LC_ALL: "C" },
      extendEnv: false,
    });
    for await (const line of createInterface({ input: child.stdout })) {
      if (reader.rows.details.length < MAX_ROWS) reader.line(line);
    }
    return (await child).exitCode === 0 ? reader.rows : null;
  }
}
