import { defineConfig } from "vitest/config";
import { SkipReasons } from "./test/support/skip-reasons.ts";

/** Tests that start a process, open a pseudo-terminal or socket, or read the real kernel or /proc. */
const MACHINE = ["test/kernel/**/*.test.ts", "test/**/*.machine.test.ts"];

export default defineConfig({
  test: {
    setupFiles: ["test/support/property-seed.ts"],
    reporters: ["default", new SkipReasons()],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    unstubEnvs: true,
    coverage: { include: ["src/**/*.ts"], reporter: ["text"] },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: MACHINE,
          isolate: false,
          maxWorkers: "100%",
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "machine",
          include: MACHINE,
          setupFiles: ["test/support/machine/needs-root.ts"],
          // These tests share one kernel and one process table, so they run one file at a time and nothing in parallel.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
