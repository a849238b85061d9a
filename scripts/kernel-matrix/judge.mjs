// Judges what a cell left: whether all transitions were seen, each with the right process, and TIME_WAIT.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { causeOf } from "../../build/model/cause.js";
import { TCP } from "../../build/model/tcp-state.js";
import { impossible } from "./plan.mjs";
import { Recording } from "../../build/recording/reader.js";

const LIVES = [
  { side: "client", states: ["CLOSE", "SYN_SENT", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "CLOSE"] },
  { side: "server", states: ["LISTEN", "SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSE"] },
];
/** A mini-socket is made, and the peer's reset ends it. */
const MADE_AND_ENDED = "orphan-reset";
/** A kernel that preempts fentry's program skips those of others on that CPU, and counts them. */
const MAY_LOSE = new Set(["fentry"]);
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
  const owners = judgeOwners(rows, run, complaints);
  const timeWait = WITHOUT_EVIDENCE.has(cell.split(":")[1]) ? null : judgeTimeWait(rows, run, complaints);
  const exact = await judgeExact(`${file}.tct`, complaints);
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
  if (right !== own.length) complaints.push(`${own.length - right} owners wrong or unknown`);
  return { seen: own.length, made, right, found, lost };
}

/** No transition may be missing; but where probes may lose some, all that are must be told, to the event. */
function isAllowed(missing, lost, mayLose) {
  return mayLose ? missing >= 0 && missing <= lost : missing === 0 && lost === 0;
}

function isAt(port, local, remote) {
  return local?.endsWith(`:${port}`) === true || remote?.endsWith(`:${port}`) === true;
}

/** What tcptrace says each way of closing has left behind, beside what the kernel's own list showed. */
function judgeTimeWait(rows, { port, client, server, connections, ways, lost, mayLose }, complaints) {
  const all = [...ways, { way: "300", port, client, server, standing: { client: connections, server: 0 } }];
  let entered = 0;
  for (const { way, port: at, standing } of all.filter(({ way: name }) => name !== MADE_AND_ENDED)) {
    const ends = rows.filter(({ local, remote, to }) => isAt(at, local, remote) && to === "CLOSE");
    for (const side of ["client", "server"]) {
      const own = ends.filter(({ local }) => (local?.endsWith(`:${at}`) ?? false) === (side === "server"));
      const left = own.filter(
        ({ from, cause }) => cause === "time-wait" || (from === "FIN_WAIT2" && cause === "close"),
      );
      // What the kernel skipped and a survey found again: nobody saw how it ended.
      const found = own.filter(({ from, cause }) => from === "FIN_WAIT2" && cause === "poll");
      entered += left.length;
      const kernel = standing[side];
      if (left.length <= kernel && kernel <= left.length + found.length + (mayLose ? lost : 0)) continue;
      complaints.push(`${way}: the ${side} left ${left.length}, the kernel says ${kernel}`);
    }
  }
  return entered;
}

/** Where tcp_time_wait() was traced: the rules, without its word, must come to the same at every end. */
async function judgeExact(file, complaints) {
  const { signal } = new AbortController();
  const recording = await Recording.open(file, signal);
  let compared = 0;
  for await (const batch of recording.events(signal)) {
    for (const event of batch) {
      if (event.kind !== "transition" || event.to !== TCP.CLOSE) continue;
      const { evidence } = event;
      if (evidence === null || evidence.left === "unknown") continue;
      compared++;
      const exact = leftBy(event.from, causeOf(event));
      const byRules = leftBy(event.from, causeOf({ ...event, evidence: { ...evidence, left: "unknown" } }));
      if (exact !== byRules)
        complaints.push(`tcp_time_wait() says ${exact}, the rules ${byRules}: ${JSON.stringify(event)}`);
    }
  }
  return compared === 0 ? null : compared;
}

function leftBy(from, cause) {
  if (cause === "time-wait") return "TIME_WAIT";
  return from === TCP.FIN_WAIT2 && cause === "close" ? "FIN_WAIT2" : "nothing";
}
