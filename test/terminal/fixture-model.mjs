/*
 * Runs the live view on a real model of a made-up machine, with transitions that keep coming:
 * `node fixture-model.mjs '{"findings":[...],"leaks":40}'`. Files that keys write go to the working directory.
 */
import { ModelSource } from "../../build/commands/top/data/model-source.js";
import { TopRecorder } from "../../build/commands/top/top-recorder.js";
import { resolve } from "node:path";
import { settingsText } from "../../build/commands/top/settings.js";
import { writeSettings } from "../../build/commands/top/settings-file.js";
import { runTopUi } from "../../build/commands/top/top-ui.js";
import { MATCH_ALL } from "../../build/model/filter/filter.js";
import { Model } from "../../build/model/fold/model.js";

const config = JSON.parse(process.argv[2] ?? "{}");
const SECOND = 1e9;
const [ESTABLISHED, SYN_SENT, FIN_WAIT1, CLOSE, CLOSE_WAIT, LISTEN] = [1, 2, 4, 7, 8, 10];
const NETNS = 1;
const began = Date.now();
const model = new Model();
class Source extends ModelSource {
  findings() {
    return config.findings ?? [];
  }
}
const source = new Source(model, 60_000);
const recorder = new TopRecorder(model.tables);
let at = 1000 * SECOND;
let address = 1;

const task = (pid, comm) => ({ pid, uid: 0, comm });
const api = task(812, "api");
const web = task(900, "web");
const ends = (localPort, remotePort, remoteAddress = 0x0a000002) => ({
  netns: NETNS,
  localAddress: 0x0a000001,
  localPort,
  remoteAddress,
  remotePort,
});

function fold(event) {
  recorder.event(event);
  model.fold(event);
}

function transition(socket, from, to, owner = null) {
  fold({ kind: "transition", at: (at += 1e5), from, to, evidence: null, task: owner, ...socket });
}

function connect(owner, localPort, remotePort) {
  const socket = { address: address++, inode: 1000 + address, ...ends(localPort, remotePort) };
  transition(socket, CLOSE, SYN_SENT, owner);
  transition(socket, SYN_SENT, ESTABLISHED);
  return socket;
}

const listener = { address: address++, inode: 999, ...ends(80, 0, 0), localAddress: 0 };
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
for (const [{ pid, comm }, unit] of [
  [api, "api.service"],
  [web, "web.service"],
]) {
  const facts = { pid, comm, cmdline: `/srv/${comm} --port 80`, uid: 0, startTime: 1, fdUsed: 50, fdLimit: 1024 };
  fold({ kind: "process", at, process: { ...facts, container: null, unit } });
}
transition(listener, CLOSE, LISTEN, web);
for (let index = 0; index < (config.leaks ?? 40); index++) {
  const socket = connect(api, 30_000 + index, 443);
  transition(socket, ESTABLISHED, CLOSE_WAIT);
}
for (let index = 0; index < 5; index++) connect(web, 20_000 + index, 5432);
at += 600 * SECOND;
fold({ kind: "tick", at, watermark: at });

/* A connection a tenth of a second, made and closed by web. */
let port = 40_000;
async function live() {
  const socket = connect(web, port++, 8080);
  transition(socket, ESTABLISHED, FIN_WAIT1, web);
  transition(socket, FIN_WAIT1, CLOSE);
  at += SECOND / 10;
  fold({ kind: "tick", at, watermark: at });
  await recorder.settle();
  /* One after the other, as the program does: a recorder that is still being opened must not be opened again. */
  beat = setTimeout(live, 50);
}
let beat = setTimeout(live, 50);

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
      await writeSettings(resolve("config.json"), settingsText(chosen.ui, { ...chosen, stuckAfter: 60_000 }));
      return "settings written";
    },
  },
  stop.signal,
);
clearTimeout(beat);
await recorder.end();
console.log(`ended well after ${Date.now() - began > 0 ? "some" : "no"} time`);
