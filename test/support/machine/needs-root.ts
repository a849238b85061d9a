import { beforeEach } from "vitest";
import { readPrivileges } from "#src/host/kernel/capabilities.ts";

declare module "vitest" {
  interface TaskMeta {
    /** What the test can't run without. */
    needs?: "root";
  }
}

/** Options of a test or a suite that can't run without root. */
export const NEEDS_ROOT = { meta: { needs: "root" } } as const;

const { isRoot, sysAdmin } = readPrivileges();

/** Why such tests can't run here; null where they can. */
export const rootObstacle = isRoot
  ? sysAdmin
    ? null
    : "needs root with CAP_SYS_ADMIN, as outside of containers"
  : "needs root";

beforeEach(({ task, skip }) => {
  // All of test/kernel trace the real one.
  const needsRoot = task.meta.needs === "root" || task.file.filepath.includes("/test/kernel/");
  if (needsRoot && rootObstacle !== null) skip(rootObstacle);
});
