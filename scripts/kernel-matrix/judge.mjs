// Judges what a cell left: whether all transitions were seen, each with the right process, and TIME_WAIT.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { causeOf } from "../../build/model/events/cause.js";
import { TCP } from "../../build/model/net/tcp-state.js";
import { impossible } from "./plan.mjs";
import { Recording } from "../../build/recording/read/reader.js";

const LIVES = [
  { side: "client", states: ["CLOSE", "SYN_SENT", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "CLOSE"] },
  { side: "server", states: ["LISTEN", "SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSE"] },
];
/** The kernel skips fentry's program where one is running on that CPU, preempted or interrupted, and counts that. */
const MAY_LOSE = new Set(["fentry"]);
/** Counts a mini-socket when it ends, a minute later: there the ways of closing themselves say how many there are. */
const COUNTS_ENDS = new Set(["5.10"]);
/** What a connection that ends so leaves behind, on both sides; nothing where it is not named. */
const LEFT_BY_WAY = { close: 1, shutdown: 1, both: 2, "orphan-reset": 1 };
/** Without the kernel's structs the rules for TIME_WAIT have nothing to go by. */
const WITHOUT_EVIDENCE = new Set(["basic"]);

/** The verdict on one cell: numbers for the table, and `complaints`, empty when all is right. */
export async function judge(folder, kernel, cell) {
  const file = join(folder, cell.replace(":", "-"));
  if (!existsSync(`${file}.json`)) return { cell, complaints: ["the machine did not come to it"] };
  const told = JSON.parse(readFileSync(`${file}.json`, "utf8"));
  if (told.refusals !== undefined) return judgeRefusals(cell, told.refusals);
  const stderr = readFileSync(`${file}.stderr`, "utf8");
  const why = impossible(kernel, cell);
  if (why !== null) return judgeImpossible(cell, told, stderr, why);
  if (told.error !== undefined) return { cell, complaints: [`${told.error}: ${lastLine(stderr)}`] };
  const lines = readFileSync(`${file}.ndjson`, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const rows = lines.filter(({ type }) => type === "transition");
  const summary = lines.find(({ type }) => type === "summary");
  const complaints = [];
  if (told.exitCode !== 0) complaints.push(`tcptrace ended with ${told.exitCode}`);
  const run = { ...told, lost: summary?.lost ?? 0, mayLose: MAY_LOSE.has(cell.split(":")[1]) };
  if (COUNTS_ENDS.has(kernel)) run.begun = leftByWays(told);
  const owners = judgeOwners(rows, run, complaints);
  const timeWait = WITHOUT_EVIDENCE.has(cell.split(":")[1]) ? null : judgeTimeWait(rows, run, complaints);
  const exact = await judgeExact(`${file}.tct`, run, complaints);
  const probes = /bpftrace [\d.]+, (\w+) probes/.exec(stderr)?.[1];
  return { cell, probes, startMs: told.startMs, ...owners, timeWait, exact, complaints };
}

function judgeRefusals(cell, refusals) {
  const complaints = refusals.flatMap(({ name, complaints: wrong }) => wrong.map((text) => `${name}: ${text}`));
  return { cell, note: `${refusals.map(({ name }) => name).join(", ")}: told, and passed over`, complaints };
}

/** tcptrace must say in one line that it cannot. */
function judgeImpossible(cell, { exitCode }, stderr, why) {
  const isTold = exitCode === 4 && /^tcptrace: TCPTRACE_PROBES is \w+: bpftrace said: [^\n]+$/.test(lastLine(stderr));
  return {
    cell,
    note: why,
    complaints: isTold ? [] : [`should have refused, and ended with ${exitCode}: ${lastLine(stderr)}`],
  };
}

function lastLine(text) {
  return text.trim().split("\n").at(-1);
}

/** The 300 connections: each of the ten changes of each, by the process whose end it is. */
function judgeOwners(rows, { port, server, client, connections, lost, mayLose }, complaints) {
  const own = rows.filter(({ local, remote, from, to }) => isAt(port, local, remote) && remote !== null && from !== to);
  const counts = new Map();
  let right = 0;
  let found = 0;
  for (const { local, from, to, pid, cause } of own) {
    const isServers = local?.endsWith(`:${port}`) ?? false;
    const kind = `${isServers ? "server" : "client"} ${from} ${to}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (pid === (isServers ? server : client)) right++;
    if (cause === "poll") found++;
  }
  const missing = [];
  for (const { side, states } of LIVES) {
    for (const [step, from] of states.slice(0, -1).entries()) {
      const kind = `${side} ${from} ${states[step + 1]}`;
      if (counts.get(kind) !== connections) missing.push(`${counts.get(kind) ?? 0} of ${connections} ${kind}`);
    }
  }
  const made = connections * 10;
  if (!isAllowed(made - own.length, lost, mayLose)) {
    complaints.push(`${own.length} of ${made} transitions, ${lost} told to be lost`, ...missing);
  }
  const unknown = own.filter(({ pid }) => pid === null).length;
  if (right + unknown !== own.length) complaints.push(`${own.length - right - unknown} owners WRONG`);
  if (unknown > (mayLose ? lost : 0)) complaints.push(`${unknown} owners unknown`);
  return { seen: own.length, made, right, found, lost };
}

/** No transition may be missing; but where probes may lose some, all that are must be told, to the event. */
function isAllowed(missing, lost, mayLose) {
  return mayLose ? missing >= 0 && missing <= lost : missing === 0 && lost === 0;
}

function isAt(port, local, remote) {
  return local?.endsWith(`:${port}`) === true || remote?.endsWith(`:${port}`) === true;
}

function leftByWays({ connections, ways }) {
  return ways.reduce((sum, { way, count }) => sum + count * (LEFT_BY_WAY[way] ?? 0), connections);
}

/**
 * What tcptrace says each connection has left behind, beside what the kernel's own list showed, and all of them beside the
 * kernel's own count: on a slow machine a late reset may end one before anybody has looked (RFC 1337).
 */
function judgeTimeWait(rows, { port, standing, ways, begun, lost, mayLose }, complaints) {
  let entered = 0;
  let foundAgain = 0;
  /** Mini-sockets that may be of transitions that were lost, and told to be. */
  const excused = mayLose ? lost : 0;
  let untold = 0;
  for (const { way, port: at, standing: shown } of [...ways, { way: "300", port, standing }]) {
    for (const side of ["client", "server"]) {
      const ends = rows.filter(({ local, remote, to }) => to === "CLOSE" && sideAt(at, local, remote) === side);
      const left = clientPorts(ends.filter(isLeft), side);
      // What the kernel skipped and a survey found again: nobody saw how it ended.
      const found = clientPorts(ends.filter(isFound), side);
      entered += left.size;
      foundAgain += found.size;
      const missing = shown[side].filter((one) => !left.has(one) && !found.has(one));
      untold += missing.length;
      if (missing.length <= excused) continue;
      complaints.push(`${way}: the ${side} left ${left.size}, and not these that the kernel shows: ${missing.join()}`);
    }
  }
  if (untold > excused) complaints.push(`${untold} mini-sockets not told`);
  if (entered > begun || begun > entered + foundAgain + excused) {
    complaints.push(`${entered} left, ${foundAgain} found again, ${lost} lost; there were ${begun}`);
  }
  return entered;
}

function sideAt(port, local, remote) {
  if (local?.endsWith(`:${port}`) === true) return "server";
  return remote?.endsWith(`:${port}`) === true ? "client" : null;
}

function isLeft({ from, cause }) {
  return cause === "time-wait" || (from === "FIN_WAIT2" && cause === "close");
}

function isFound({ from, cause }) {
  return (from === "FIN_WAIT2" || from === "CLOSING") && cause === "poll";
}

function clientPorts(rows, side) {
  return new Set(rows.map(({ local, remote }) => Number((side === "client" ? local : remote)?.split(":").at(-1))));
}

/**
 * Where tcp_time_wait() was traced: what it was called for, beside the rules that go without its word. They must come to the
 * same at every end. Where the kernel may have skipped its probe, and only there, it may be that it says nothing.
 */
async function judgeExact(file, { lost, mayLose }, complaints) {
  const { signal } = new AbortController();
  const recording = await Recording.open(file, signal);
  let compared = 0;
  let excused = mayLose ? lost : 0;
  for await (const batch of recording.events(signal)) {
    for (const event of batch) {
      if (event.kind !== "transition" || event.to !== TCP.CLOSE) continue;
      const { evidence } = event;
      if (evidence === null || evidence.left === "unknown") continue;
      compared++;
      const byRules = leftBy(event.from, causeOf({ ...event, evidence: { ...evidence, left: "unknown" } }));
      const said = SAID[evidence.left];
      if (said === byRules || (said === "nothing" && excused-- > 0)) continue;
      complaints.push(`tcp_time_wait() says ${said}, the rules ${byRules}: ${JSON.stringify(event)}`);
    }
  }
  return compared === 0 ? null : compared;
}

const SAID = { [TCP.TIME_WAIT]: "TIME_WAIT", [TCP.FIN_WAIT2]: "FIN_WAIT2", none: "nothing" };

function leftBy(from, cause) {
  if (cause === "time-wait") return "TIME_WAIT";
  return from === TCP.FIN_WAIT2 && cause === "close" ? "FIN_WAIT2" : "nothing";
}
