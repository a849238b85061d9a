// Surveys /proc in a fresh process, as tcptrace does at its start, and prints the cost of each survey as JSON.
//
// usage: node build-dev/scripts/bench/cold-surveys.js     as root; `npm run bench:survey` runs it
import type { SurveyCosts } from "./survey-costs.ts";
import { HolderFinder } from "../../src/host/processes/holders.ts";
import { KnownTables } from "../../src/host/survey/known-rows.ts";
import { takeSurvey } from "../../src/host/survey/survey.ts";

/** The first, and some without changes. */
const SURVEYS = 6;

const known = { holders: new HolderFinder(), tables: new KnownTables() };
const costs: SurveyCosts = [];
for (let count = 0; count < SURVEYS; count++) {
  const before = process.cpuUsage();
  const survey = await takeSurvey(() => 1, known);
  const { user, system } = process.cpuUsage(before);
  const held = survey.processes.reduce((sum, { sockets }) => sum + sockets.length, 0);
  costs.push({ seconds: (user + system) / 1e6, sockets: survey.sockets.length, held });
}
console.log(JSON.stringify(costs));
