import { readPrivileges } from "../host/capabilities.ts";
import { readInstallCommand } from "../host/distro.ts";
import { readKernel } from "../host/kernel.ts";
import { findExecutable, findSystemTool } from "../host/path-search.ts";
import { bpftraceVersion } from "./bpftrace-version.ts";
import type { TracingFacts } from "./choose.ts";

/** Reads from the machine all that the choice of a source depends on; changes nothing. */
export async function readTracingFacts(signal?: AbortSignal): Promise<TracingFacts> {
  return {
    kernel: readKernel(),
    privileges: readPrivileges(),
    bpftrace: await bpftraceVersion(signal),
    installBpftrace: readInstallCommand("bpftrace"),
    hasUnshare: findExecutable("unshare") !== null,
    hasSs: findSystemTool("ss") !== null,
    installSs: readInstallCommand("iproute2"),
  };
}
