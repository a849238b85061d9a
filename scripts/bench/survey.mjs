// What a survey of /proc costs on a machine with very many sockets, next to ss, which tells the same.
//
// usage: npm run bench:survey [-- SOCKETS]     as root, so that all processes may be read; default 100,000
//
// Opens so many sockets on loopback, held by processes of fewer than 20,000 descriptors each, and measures CPU time (user
// and system) of `ss -tanp`, of a first survey, and of those after it, in which nothing has changed: three rounds in turn.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROUNDS = 3;
const REPEATS = 5;
const MOST_DESCRIPTORS = 18_000;

/** CPU seconds of children so far that have ended; the shell's own are a millisecond. */
function cpuOfSs() {
  const times = execFileSync("bash", ["-c", "ss -tanp >/dev/null; times"], { encoding: "latin1" }).split("\n")[1];
  let seconds = 0;
  for (const [, minutes, rest] of times.matchAll(/(\d+)m([\d.]+)s/g)) seconds += Number(minutes) * 60 + Number(rest);
  return seconds;
}

/** In a process of its own, as cold as tcptrace is when it starts: CPU seconds of a first survey and of those after it. */
function cpuOfSurveys() {
  const script = `
    import { HolderFinder } from ${JSON.stringify(new URL("../../build/host/processes/holders.js", import.meta.url).href)};
    import { takeSurvey } from ${JSON.stringify(new URL("../../build/host/survey/survey.js", import.meta.url).href)};
    import { KnownTables } from ${JSON.stringify(new URL("../../build/host/survey/known-rows.js", import.meta.url).href)};
    const holders = new HolderFinder();
    const tables = new KnownTables();
    const results = [];
    for (let i = 0; i <= ${REPEATS}; i += 1) {
      const before = process.cpuUsage();
      const survey = await takeSurvey(() => 1, { holders, tables });
      const { user, system } = process.cpuUsage(before);
      const held = survey.processes.reduce((sum, { sockets }) => sum + sockets.length, 0);
      results.push({ seconds: (user + system) / 1e6, sockets: survey.sockets.length, held });
    }
    console.log(JSON.stringify(results));`;
  return JSON.parse(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }));
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

function report(name, seconds, ss) {
  const ratio = name === "ss -tanp" ? "" : `1/${(ss / median(seconds)).toFixed(1)} of ss`;
  const all = seconds.map((value) => value.toFixed(2)).join(" ");
  console.log(`${name.padEnd(18)} ${median(seconds).toFixed(2)} s CPU   (${all})   ${ratio}`);
}

const sockets = Number(process.argv[2] ?? 100_000);
const processes = Math.ceil(sockets / MOST_DESCRIPTORS);
const program = join(mkdtempSync(join(tmpdir(), "tcptrace-bench-")), "many");
const source = fileURLToPath(new URL("../workload/many.c", import.meta.url));
execFileSync("cc", ["-O2", "-Wall", "-o", program, source]);
const many = spawn(program, [String(sockets / 2), String(processes)], { stdio: ["pipe", "pipe", "inherit"] });
const ended = once(many, "exit");
try {
  const [line] = await once(createInterface({ input: many.stdout }), "line");
  const opened = Number(/sockets=(\d+)/.exec(line)[1]);
  console.log(`${opened} sockets in ${processes} processes`);
  const ss = [];
  const first = [];
  const unchanged = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ss.push(cpuOfSs());
    const surveys = cpuOfSurveys();
    for (const { sockets: seen, held } of surveys) {
      if (seen < opened || held < opened) throw new Error(`a survey saw ${seen} sockets, ${held} of them held`);
    }
    first.push(surveys[0].seconds);
    unchanged.push(median(surveys.slice(1).map(({ seconds }) => seconds)));
  }
  report("ss -tanp", ss, 0);
  report("first survey", first, median(ss));
  report("unchanged survey", unchanged, median(ss));
} finally {
  many.stdin.end();
  await ended;
}
