import { defineConfig } from "vitest/config";
import { SkipReasons } from "./test/support/skip-reasons.ts";

/** Tests that start a process, open a pseudo-terminal or a socket, or look at the real kernel or the real /proc. */
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
          // They share one kernel and one process table: one file at a time, and nothing beside them.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
