/*
 * Runs the live view on a real model of a made-up machine, with transitions that keep coming, for tests on a
 * pseudo-terminal; its argument is findings as JSON: `node build-dev/test/terminal/model.program.js '[...]'`.
 * Files that keys write go to the working directory.
 */
import { resolve } from "node:path";
import { ModelSource } from "../../src/commands/top/data/model-source.ts";
import { writeSettings } from "../../src/commands/top/settings-file.ts";
import { settingsText } from "../../src/commands/top/settings.ts";
import { TopRecorder } from "../../src/commands/top/top-recorder.ts";
import { runTopUi } from "../../src/commands/top/top-ui.ts";
import type { Finding } from "../../src/diagnosis/facts/finding.ts";
import type { Task, TraceEvent } from "../../src/model/events/event.ts";
import { MATCH_ALL } from "../../src/model/filter/filter.ts";
import { Model } from "../../src/model/fold/model.ts";
import { TCP, type TcpState } from "../../src/model/net/tcp-state.ts";
import type { SurveyedTuple } from "../../src/model/net/tuple.ts";

interface KernelSocket extends SurveyedTuple {
  /** Of the struct sock. */
  readonly address: number;
  readonly inode: number;
}

const SECOND = 1e9;
const NETNS = 1;
const STUCK_AFTER_MS = 60_000;
const LEAKS = 40;
const findings: readonly Finding[] = JSON.parse(process.argv[2] ?? "[]");

class Source extends ModelSource {
  override findings(): readonly Finding[] {
    return findings;
  }
}

const began = Date.now();
const model = new Model();
const source = new Source(model, STUCK_AFTER_MS);
const recorder = new TopRecorder(model);
let at = 1000 * SECOND;
let address = 1;

const api: Task = { pid: 812, uid: 0, comm: "api" };
const web: Task = { pid: 900, uid: 0, comm: "web" };

function fold(event: TraceEvent): void {
  recorder.event(event);
  model.fold(event);
}

function transition(socket: KernelSocket, from: TcpState, to: TcpState, task: Task | null = null): void {
  at += 1e5;
  fold({ kind: "transition", at, from, to, evidence: null, task, ...socket });
}

function newSocket(tuple: Omit<SurveyedTuple, "netns">): KernelSocket {
  const socket = { netns: NETNS, address, inode: 1000 + address, ...tuple };
  address++;
  return socket;
}

function connect(task: Task, localPort: number, remotePort: number): KernelSocket {
  const socket = newSocket({ localAddress: 0x0a00_0001, localPort, remoteAddress: 0x0a00_0002, remotePort });
  transition(socket, TCP.CLOSE, TCP.SYN_SENT, task);
  transition(socket, TCP.SYN_SENT, TCP.ESTABLISHED);
  return socket;
}

function learn({ pid, comm }: Task, unit: string): void {
  const facts = { pid, comm, cmdline: `/srv/${comm} --port 80`, uid: 0, startTime: 1, fdUsed: 50, fdLimit: 1024 };
  fold({ kind: "process", at, process: { ...facts, container: null, unit } });
}

fold({ kind: "anchor", at, wallMs: Date.UTC(2026, 4, 1, 22, 0, 0) });
fold({ kind: "source", at, source: "bpf", ready: true, detail: "made up" });
fold({
  kind: "survey",
  at,
  until: at,
  complete: true,
  namespaces: [NETNS],
  sockets: [],
  timeWaits: [],
  processes: [],
  unreadable: [],
});
learn(api, "api.service");
learn(web, "web.service");
const listener = newSocket({ localAddress: 0, localPort: 80, remoteAddress: 0, remotePort: 0 });
transition(listener, TCP.CLOSE, TCP.LISTEN, web);
for (let index = 0; index < LEAKS; index++) {
  const socket = connect(api, 30_000 + index, 443);
  transition(socket, TCP.ESTABLISHED, TCP.CLOSE_WAIT);
}
for (let index = 0; index < 5; index++) connect(web, 20_000 + index, 5432);
at += 600 * SECOND;
fold({ kind: "tick", at, watermark: at });

/* A connection a tenth of a second, made and closed by web. */
let port = 40_000;
async function live(): Promise<void> {
  const socket = connect(web, port++, 8080);
  transition(socket, TCP.ESTABLISHED, TCP.FIN_WAIT1, web);
  transition(socket, TCP.FIN_WAIT1, TCP.CLOSE);
  at += SECOND / 10;
  fold({ kind: "tick", at, watermark: at });
  await recorder.settle();
  /* One after the other, as the program does: a recorder that is still being opened must not be opened again. */
  beat = setTimeout(() => void live(), 50);
}
let beat = setTimeout(() => void live(), 50);

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop.abort(signal));
await runTopUi(
  {
    source,
    recorder,
    filter: MATCH_ALL,
    host: "box",
    status: () => "",
    intervalMs: 250,
    ascii: false,
    color: true,
    theme: "default",
    mouse: false,
    begin: (ui) => ui,
    save: async (chosen) => {
      await writeSettings(resolve("config.json"), settingsText(chosen.ui, { ...chosen, stuckAfter: STUCK_AFTER_MS }));
      return "settings written";
    },
  },
  stop.signal,
);
clearTimeout(beat);
await recorder.end();
console.log(`ended well after ${Date.now() - began > 0 ? "some" : "no"} time`);
