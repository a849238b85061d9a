import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { ROOT } from "#test/support/project.ts";

/** Words that run a program as nobody, who is no root. */
export const NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];

/**
 * A prefix for tcptrace that runs it as nobody, who may have no way to where this repository and node are: both are shown to
 * them elsewhere. `before` is a command of the shell for the mount namespace that this takes.
 */
export function asNobody(before = "true"): string[] {
  const folder = mkdtempSync(join(tmpdir(), "tcptrace-nobody-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "root"));
  writeFileSync(join(folder, "node"), "");
  const script = `mount --bind "$1" "$0/root" && mount --bind "$2" "$0/node" && shift 3 && ${before} &&
    exec ${NOBODY.join(" ")} "$0/node" "$0/root/build/cli.js" "$@"`;
  // node and cli.js follow: the script puts others in their place.
  return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, folder, ROOT];
}
