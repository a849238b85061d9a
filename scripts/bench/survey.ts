// Compares the cost of a survey on a machine with many sockets with that of ss, which shows the same.
//
// usage: npm run bench:survey [-- SOCKETS]     as root, to read all processes; default 100,000
//
// Opens that many sockets on loopback, held by processes with fewer than 20,000 descriptors each, and measures the CPU
// time (user and system) of `ss -tanp`, of a first survey, and of later ones without changes, in three rounds.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { readNumbers } from "./measure/arguments.ts";
import { median } from "./measure/quantile.ts";
import { openSockets } from "./measure/workload.ts";
import { SurveyCosts } from "./survey-costs.ts";

const ROUNDS = 3;
const COLD_SURVEYS = fileURLToPath(new URL("cold-surveys.js", import.meta.url));

const { sockets } = readNumbers({ sockets: 100_000 });

/** CPU seconds of ended children so far; the shell itself takes about a millisecond. */
function measureSs(): number {
  const times = execFileSync("bash", ["-c", "ss -tanp >/dev/null; times"], { encoding: "latin1" }).split("\n")[1] ?? "";
  let seconds = 0;
  for (const [, minutes, rest] of times.matchAll(/(\d+)m([\d.]+)s/g)) seconds += Number(minutes) * 60 + Number(rest);
  return seconds;
}

/** CPU seconds of a first survey, and the median of the later ones. */
function measureSurveys(opened: number): { readonly first: number; readonly unchanged: number } {
  const costs = SurveyCosts.parse(JSON.parse(execFileSync(process.execPath, [COLD_SURVEYS], { encoding: "utf8" })));
  for (const { sockets: seen, held } of costs) {
    if (seen < opened || held < opened) throw new Error(`a survey saw ${seen} sockets, ${held} of them held`);
  }
  const [first = NaN, ...unchanged] = costs.map(({ seconds }) => seconds);
  return { first, unchanged: median(unchanged) };
}

function report(name: string, seconds: readonly number[], ss: number | null): void {
  const ratio = ss === null ? "" : `1/${(ss / median(seconds)).toFixed(1)} of ss`;
  const all = seconds.map((value) => value.toFixed(2)).join(" ");
  console.log(`${name.padEnd(18)} ${median(seconds).toFixed(2)} s CPU   (${all})   ${ratio}`.trimEnd());
}

const open = await openSockets(sockets);
try {
  console.log(`${open.sockets} sockets in ${open.processes} processes`);
  const ss: number[] = [];
  const first: number[] = [];
  const unchanged: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ss.push(measureSs());
    const surveys = measureSurveys(open.sockets);
    first.push(surveys.first);
    unchanged.push(surveys.unchanged);
  }
  report("ss -tanp", ss, null);
  report("first survey", first, median(ss));
  report("unchanged survey", unchanged, median(ss));
} finally {
  await open.close();
}
