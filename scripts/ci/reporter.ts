// The vitest reporter of .ci/run. Writes failures.txt, and slow.tsv with the seconds of each test file, to the folder
// $TEST_REPORT, for the end of the log. Prints `N passed, N failed`.
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { Reporter, SerializedError, TestCase, TestModule } from "vitest/node";

const MOST_OF_A_FAILURE = 3000;

/** The messages of a failure, shortened. */
function reasons(errors: readonly SerializedError[]): string {
  const texts = errors.map(({ message, stack }) => stack ?? message);
  return texts.join("\n").slice(0, MOST_OF_A_FAILURE);
}

function failuresOf(module: TestModule): string[] {
  const failed: TestCase[] = [...module.children.allTests("failed")];
  const tests = failed.map((test) => `${test.fullName}\n${reasons(test.result().errors ?? [])}`);
  // A file that cannot be loaded fails without a failed test.
  const isBroken = tests.length === 0 && module.state() === "failed";
  return isBroken ? [reasons(module.errors())] : tests;
}

function countOf(module: TestModule, state: "passed" | "skipped"): number {
  return [...module.children.allTests(state)].length;
}

function write(name: string, lines: readonly string[]): void {
  const folder = process.env["TEST_REPORT"];
  if (folder !== undefined) appendFileSync(join(folder, name), lines.map((line) => `${line}\n`).join(""));
}

export default class CiReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], strays: readonly SerializedError[]): void {
    const failures = modules.flatMap((module) =>
      failuresOf(module).map((text) => `FAILED ${module.relativeModuleId}: ${text}`),
    );
    failures.push(...strays.map((error) => `FAILED outside a test: ${reasons([error])}`));
    write("failures.txt", failures);
    write(
      "slow.tsv",
      modules.map((module) => `${(module.diagnostic().duration / 1000).toFixed(1)}\t${module.relativeModuleId}`),
    );
    const [passed = 0, skipped = 0] = (["passed", "skipped"] as const).map((state) =>
      modules.reduce((sum, module) => sum + countOf(module, state), 0),
    );
    if (skipped > 0) console.log(`${skipped} skipped`);
    console.log(`${passed} passed, ${failures.length} failed`);
  }
}
