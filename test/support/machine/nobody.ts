import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { ROOT } from "#test/support/project.ts";

/** The command prefix that runs a program as the unprivileged user nobody. */
export const NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];

/**
 * The command prefix that runs tcptrace as nobody. This user may lack access to the repository and to node, so both are
 * bind-mounted elsewhere. `before` is a shell command to run first in that mount namespace.
 */
export function asNobody(before = "true"): string[] {
  const folder = mkdtempSync(join(tmpdir(), "tcptrace-nobody-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "root"));
  writeFileSync(join(folder, "node"), "");
  const script = `mount --bind "$1" "$0/root" && mount --bind "$2" "$0/node" && shift 3 && ${before} &&
    exec ${NOBODY.join(" ")} "$0/node" "$0/root/build/cli.js" "$@"`;
  // node and cli.js follow as arguments; the script replaces them.
  return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, folder, ROOT];
}
