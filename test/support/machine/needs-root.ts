import { beforeEach } from "vitest";
import { readPrivileges } from "#src/host/kernel/capabilities.ts";

declare module "vitest" {
  interface TaskMeta {
    /** What the test needs. */
    needs?: "root";
  }
}

/** Options of a test or suite that needs root. */
export const NEEDS_ROOT = { meta: { needs: "root" } } as const;

const { isRoot, sysAdmin } = readPrivileges();

/** Why such tests cannot run here; null if they can. */
export const rootObstacle = isRoot
  ? sysAdmin
    ? null
    : "needs root with CAP_SYS_ADMIN, as outside of containers"
  : "needs root";

beforeEach(({ task, skip }) => {
  // All tests in test/kernel trace the real kernel.
  const needsRoot = task.meta.needs === "root" || task.file.filepath.includes("/test/kernel/");
  if (needsRoot && rootObstacle !== null) skip(rootObstacle);
});
