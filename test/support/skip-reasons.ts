import type { Reporter, TestModule } from "vitest/node";

/** Prints at the end how many tests were skipped, and why. */
export class SkipReasons implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = new Map<string, number>();
    for (const module of modules) {
      for (const test of module.children.allTests("skipped")) {
        const result = test.result();
        // A test that -t leaves out has no note.
        const reason = result.state === "skipped" ? result.note : undefined;
        if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
      }
    }
    for (const [reason, count] of counts) console.log(`     Skipped  ${count}: ${reason}`);
  }
}
