// Runs cells in the guest: tcptrace with one bpftrace and one kind of probes, and a workload of which everything is known.
// What came out is left for the host to judge: NAME.json, NAME.ndjson, NAME.tct, NAME.stderr.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { refusals } from "./refusals.mjs";

const CONNECTIONS = 300;
const OF_EACH_WAY = 5;
/** How connections end, in the words of closes.py. */
const WAYS = "close shutdown both linger0 unread reset linger2 killed orphan-reset".split(" ");
/** Nothing takes as long: a slow machine is not wrong. */
const READY_MS = 300_000;
const STEP_MS = 240_000;
const SAME_READINGS = 4;
const TIME_WAIT_TIMER = "03";
const LISTEN = "0A";

const [, , folder] = process.argv;
const WORKLOAD = "/app/workload";

/** A child whose lines are read one after another. */
class Child {
  constructor(file, words, options = {}) {
    this.process = spawn(file, words, { stdio: ["pipe", "pipe", "inherit"], ...options });
    this.lines = createInterface(this.process.stdout)[Symbol.asyncIterator]();
    this.ended = once(this.process, "exit");
  }

  async line() {
    const { done, value } = await within(this.lines.next(), STEP_MS, "the workload");
    if (done) throw new Error("the workload ended");
    return value;
  }

  async end(signal) {
    this.process.stdin.end();
    this.process.kill(signal);
    await this.ended;
  }
}

async function within(promise, ms, what) {
  const late = sleep(ms, null, { ref: false }).then(() => {
    throw new Error(`${what} took more than ${ms / 1000} s`);
  });
  return Promise.race([promise, late]);
}

async function until(what, ms, condition) {
  for (const begin = performance.now(); !condition(); await sleep(50)) {
    if (performance.now() - begin > ms) throw new Error(`${what} did not come in ${ms / 1000} s`);
  }
}

/** All rows, each once: the kernel may show one twice while the table changes. */
function readRows() {
  const rows = readFileSync("/proc/net/tcp", "latin1")
    .split("\n")
    .slice(1)
    .map((row) => row.trim().split(/\s+/))
    .filter(({ length }) => length > 5)
    .map(([, local, remote, state, , timer]) => ({ local, remote, state, timer: timer.slice(0, 2) }));
  return new Map(rows.map((row) => [`${row.local} ${row.remote}`, row]));
}

/** How many mini-sockets have begun since the start, by the kernel's own count (TcpExt in /proc/net/netstat). */
function begunMiniSockets() {
  const [names, values] = readFileSync("/proc/net/netstat", "latin1")
    .split("\n")
    .filter((line) => line.startsWith("TcpExt:"))
    .map((line) => line.split(" "));
  return Number(values[names.indexOf("TW")]) + Number(values[names.indexOf("TWKilled")]);
}

/** Mini-sockets of the cell before, which may have had a listener at the same port. */
let older = new Set();

function leaveOutOlder() {
  older = new Set([...readRows()].filter(([, { timer }]) => timer === TIME_WAIT_TIMER).map(([ends]) => ends));
}

function rowsOf(port) {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return [...readRows()]
    .filter(([ends, { local, remote }]) => !older.has(ends) && (local.endsWith(hex) || remote.endsWith(hex)))
    .map(([, { local, remote, state, timer }]) => ({ local, remote, state, timer, isServers: local.endsWith(hex) }));
}

/**
 * Waits until nothing is left but the listener and mini-sockets, which make no transitions. Returns the client's ports of
 * the connections of which a side has left a mini-socket, as the kernel showed them meanwhile: they last a minute.
 * While other sockets go, the kernel leaves out rows of those that stay: so it is read until nothing more comes up.
 */
async function closed(port) {
  const left = { client: new Set(), server: new Set() };
  let unchanged = 0;
  await until(`the end of the connections of port ${port}`, STEP_MS, () => {
    const before = left.client.size + left.server.size;
    const rows = rowsOf(port);
    for (const { isServers, local, remote, timer } of rows) {
      if (timer !== TIME_WAIT_TIMER) continue;
      if (isServers) left.server.add(portOf(remote));
      else left.client.add(portOf(local));
    }
    const isClosed = rows.every(({ state, timer }) => state === LISTEN || timer === TIME_WAIT_TIMER);
    unchanged = isClosed && before === left.client.size + left.server.size ? unchanged + 1 : 0;
    return unchanged === SAME_READINGS;
  });
  return { client: [...left.client], server: [...left.server] };
}

function portOf(end) {
  return Number.parseInt(end.split(":")[1], 16);
}

async function threeHundred() {
  const server = new Child(join(WORKLOAD, "pair"), ["serve", "127.0.0.1"]);
  const [, pid, port] = /^pid=(\d+) port=(\d+)$/.exec(await server.line()).map(Number);
  const client = new Child(join(WORKLOAD, "pair"), ["connect", "127.0.0.1", `${port}`, `${CONNECTIONS}`]);
  const [, clientPid] = /^pid=(\d+)/.exec(await client.line()).map(Number);
  const standing = await closed(port);
  return {
    truth: { port, server: pid, client: clientPid, connections: CONNECTIONS, standing },
    end: () => server.end("SIGKILL"),
  };
}

async function endings() {
  const children = WAYS.map((way) => new Child("python3", [join(WORKLOAD, "closes.py"), way, `${OF_EACH_WAY}`]));
  // Each is looked at as soon as it is done: in a minute there would be nothing to see any more.
  const told = await Promise.all(
    children.map(async (child, index) => {
      const [, server, client, port] = /^server=(\d+) client=(\d+) port=(\d+)$/.exec(await child.line()).map(Number);
      return { way: WAYS[index], server, client, port, count: OF_EACH_WAY, standing: await closed(port) };
    }),
  );
  for (const child of children) await child.end("SIGTERM");
  return told;
}

async function runCell(name) {
  const [bpftrace, probes] = name.split(":");
  const file = join(folder, name.replace(":", "-"));
  const env = { ...process.env, PATH: `/opt/bpftrace/${bpftrace}/bin:${process.env.PATH}` };
  if (probes !== "auto") env.TCPTRACE_PROBES = probes;
  const words = ["record", "-w", `${file}.tct`, "--print", "--json", "--source", "bpf"];
  leaveOutOlder();
  const begun = performance.now();
  const tracer = spawn("/app/node", ["/app/tcptrace/build/cli.js", ...words], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(tracer, "exit");
  let said = "";
  tracer.stderr.on("data", (text) => (said += text));
  tracer.stdout.pipe(createWriteStream(`${file}.ndjson`));
  const result = { cell: name };
  try {
    await until("tracing", READY_MS, () => {
      if (tracer.exitCode !== null) throw new Error(`tcptrace ended with ${tracer.exitCode}`);
      return / probes$/m.test(said);
    });
    result.startMs = performance.now() - begun;
    const before = begunMiniSockets();
    const pair = await threeHundred();
    Object.assign(result, pair.truth);
    result.ways = await endings();
    result.begun = begunMiniSockets() - before;
    await pair.end();
  } catch (error) {
    result.error = error.message;
  }
  tracer.kill("SIGINT");
  const stopped = performance.now();
  await within(ended, STEP_MS, "the end of tcptrace").catch((error) => {
    result.error ??= error.message;
    tracer.kill("SIGKILL");
  });
  result.stopMs = performance.now() - stopped;
  result.exitCode = tracer.exitCode;
  writeFileSync(`${file}.stderr`, said);
  writeFileSync(`${file}.json`, JSON.stringify(result));
  console.log(
    `GUEST ${name}: ${((performance.now() - begun) / 1000).toFixed(1)} s${result.error ? `, ${result.error}` : ""}`,
  );
}

function runRefusals(name, bpftrace, kind) {
  const told = refusals(bpftrace, kind);
  writeFileSync(join(folder, `${name.replace(":", "-")}.json`), JSON.stringify({ cell: name, refusals: told }));
  console.log(
    `GUEST ${name}: ${told.filter(({ complaints }) => complaints.length === 0).length} of ${told.length} right`,
  );
}

const cells = /tcptrace\.cells=(\S+)/.exec(readFileSync("/proc/cmdline", "latin1"))[1].split(",");
for (const name of cells) {
  const [bpftrace, kind] = name.split(":");
  if (kind === "refusals" || kind === "lockdown") runRefusals(name, bpftrace, kind);
  else await runCell(name);
}
process.exit(0);
