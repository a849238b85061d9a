import { UserError } from "../../base/errors.ts";
import { safeText } from "../../base/text.ts";
import { readPrivileges } from "../../host/kernel/capabilities.ts";
import { readKernel } from "../../host/kernel/kernel.ts";
import { readInstallCommand } from "../../host/machine/distro.ts";
import { ownCommand } from "../../host/machine/own-command.ts";
import { findExecutable, findSystemTool } from "../../host/machine/path-search.ts";
import { bpftraceVersion } from "./bpftrace-version.ts";
import { PROGRAMS, type Program, type TracingFacts } from "./choose.ts";

/** What TCPTRACE_PROBES asks for; null for the best. Throws UserError for an unknown one. */
function wantedProgram(name: string | undefined): Program | null {
  if (name === undefined || name === "" || name === "auto") return null;
  const found = PROGRAMS.find((program) => program === name);
  if (found !== undefined) return found;
  throw new UserError(
    "bad-environment",
    `TCPTRACE_PROBES: unknown probes: ${safeText(name)}`,
    `use one of auto, ${PROGRAMS.join(", ")}`,
  );
}

/** Reads from the machine all that the choice of a source depends on; changes nothing. */
export async function readTracingFacts(signal?: AbortSignal): Promise<TracingFacts> {
  const bpftrace = await bpftraceVersion(signal);
  return {
    kernel: readKernel(),
    privileges: readPrivileges(),
    againAsRoot: ownCommand().againAsRoot,
    bpftrace,
    muteBpftrace: bpftrace === null ? nameOf(findExecutable("bpftrace")) : null,
    wanted: wantedProgram(process.env["TCPTRACE_PROBES"]),
    installBpftrace: readInstallCommand("bpftrace"),
    hasUnshare: findExecutable("unshare") !== null,
    hasSs: findSystemTool("ss") !== null,
    installSs: readInstallCommand("iproute2"),
  };
}

function nameOf(path: string | null): string | null {
  return path === null ? null : safeText(path);
}
