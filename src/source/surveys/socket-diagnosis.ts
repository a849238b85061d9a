import { createInterface } from "node:readline";
import { execa } from "execa";
import { debug } from "../../base/debug.ts";
import { SsIdleReader } from "../../host/kernel/ss-idle.ts";
import { SsReader, type SsRows } from "../../host/kernel/ss-output.ts";
import { findSystemTool } from "../../host/machine/path-search.ts";
import { Inhabitants } from "../../host/survey/inhabitants.ts";
import type { IdleSeen } from "../../model/events/details.ts";

const WORDS = ["-tneiH", "state", "close-wait", "state", "listening"];
const IDLE_WORDS = ["-tneiH", "state", "established"];
const TIMEOUT_MS = 10_000;
/** Of all namespaces. */
const MAX_IDLE = 20_000;
const MAX_LINES = 2_000_000;

interface LineReader {
  line(text: string): void;
}

/**
 * The kernel's socket diagnosis (inet_diag), through iproute2's ss: a lower bound of the time in CLOSE_WAIT, whether
 * its program still sends, the limits of accept queues, and which connections are idle. /proc/net/tcp shows none of it.
 */
export class SocketDiagnosis {
  readonly #inhabitants = new Inhabitants();
  readonly #ss = findSystemTool("ss");
  readonly #nsenter = findSystemTool("nsenter");

  /** The details of these namespaces' sockets; null if ss is missing, or failed in all of them. */
  async ask(namespaces: readonly number[], signal: AbortSignal): Promise<SsRows | null> {
    const rows: SsRows = { details: [], backlogs: [] };
    const answers = await this.#askEach(namespaces, WORDS, (netns) => new SsReader(netns), signal);
    for (const answer of answers) {
      for (const detail of answer.rows.details) rows.details.push(detail);
      for (const backlog of answer.rows.backlogs) rows.backlogs.push(backlog);
    }
    return answers.length === 0 ? null : rows;
  }

  /** The idle connections in these namespaces; null as above. */
  async askIdle(namespaces: readonly number[], signal: AbortSignal): Promise<IdleSeen | null> {
    const answers = await this.#askEach(namespaces, IDLE_WORDS, (netns) => new SsIdleReader(netns), signal);
    const connections = answers.flatMap(({ rows }) => rows);
    const left = answers.reduce((sum, answer) => sum + answer.left, Math.max(0, connections.length - MAX_IDLE));
    return answers.length === 0 ? null : { connections: connections.slice(0, MAX_IDLE), left };
  }

  async #askEach<Reader extends LineReader>(
    namespaces: readonly number[],
    words: readonly string[],
    reader: (netns: number) => Reader,
    signal: AbortSignal,
  ): Promise<Reader[]> {
    if (this.#ss === null || namespaces.length === 0) return [];
    await this.#inhabitants.find(namespaces);
    const answers: Reader[] = [];
    for (const netns of namespaces) {
      const answer = reader(netns);
      if (await this.#askOne([this.#ss, ...words], netns, answer, signal)) answers.push(answer);
    }
    return answers;
  }

  async #askOne(words: readonly string[], netns: number, reader: LineReader, signal: AbortSignal): Promise<boolean> {
    const pid = this.#inhabitants.of(netns);
    if (pid === undefined || (pid !== "self" && this.#nsenter === null)) return false;
    const isOwn = pid === "self" || this.#nsenter === null;
    const [file = "", ...rest] = isOwn ? words : [this.#nsenter, `--net=/proc/${pid}/ns/net`, ...words];
    const child = execa(file, rest, {
      stdin: "ignore",
      stderr: "ignore",
      buffer: false,
      reject: false,
      timeout: TIMEOUT_MS,
      cancelSignal: signal,
      env: { LC_ALL: "C" },
      extendEnv: false,
    });
    let lines = 0;
    for await (const line of createInterface({ input: child.stdout })) if (lines++ < MAX_LINES) reader.line(line);
    const { exitCode, shortMessage } = await child;
    if (exitCode !== 0 && !signal.aborted) debug(`no socket details of network namespace ${netns}`, shortMessage);
    return exitCode === 0;
  }
}
