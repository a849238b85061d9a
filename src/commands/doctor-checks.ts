import {
  OLDEST_BPFTRACE,
  OLDEST_BPFTRACE_NAME,
  OLDEST_KERNEL,
  OLDEST_PROVEN,
  type TracingFacts,
  canMountTracefs,
  hasStateTracepoint,
  isAtLeast,
  mayTrace,
} from "../source/bpftrace/choose.ts";
import type { DoctorCheck } from "../view/print/doctor-report.ts";

/** All of doctor's checks except the trial, in the order a user would fix them. */
export function doctorChecks(facts: TracingFacts): DoctorCheck[] {
  return [
    checkKernel(facts),
    checkPrivileges(facts),
    checkBpftrace(facts),
    checkTracefs(facts),
    checkTracepoint(facts),
    checkAccept(facts),
    checkBtf(facts),
    checkKprobes(facts),
    checkLockdown(facts),
    checkPidNamespace(facts),
    checkSs(facts),
  ];
}

function passed(id: string, detail: string): DoctorCheck {
  return { id, ok: true, needed: true, detail, fix: null };
}

function failed(id: string, detail: string, fix: string | null): DoctorCheck {
  return { id, ok: false, needed: true, detail, fix };
}

function missing(id: string, detail: string): DoctorCheck {
  return { id, ok: false, needed: false, detail, fix: null };
}

function checkKernel({ kernel }: TracingFacts): DoctorCheck {
  if (isAtLeast(kernel, OLDEST_KERNEL)) return passed("kernel", kernel.release);
  return failed("kernel", `${kernel.release}, older than 4.16`, null);
}

function checkPrivileges({ privileges, againAsRoot }: TracingFacts): DoctorCheck {
  const { isRoot, sysAdmin, bpf, perfmon } = privileges;
  if (!isRoot) return failed("privileges", "not root: processes of other users have no names", againAsRoot);
  const held = [sysAdmin && "CAP_SYS_ADMIN", bpf && "CAP_BPF", perfmon && "CAP_PERFMON"].filter(Boolean).join(", ");
  if (mayTrace(privileges)) return passed("privileges", `root with ${held}`);
  const detail = "root without CAP_SYS_ADMIN (or CAP_BPF plus CAP_PERFMON), as in a container";
  return failed("privileges", detail, "docker run --privileged --pid=host …");
}

function checkBpftrace({ bpftrace, muteBpftrace, installBpftrace }: TracingFacts): DoctorCheck {
  if (muteBpftrace !== null) return failed("bpftrace", `${muteBpftrace} --version fails or takes too long`, null);
  if (bpftrace === null) return failed("bpftrace", "not installed", installBpftrace);
  if (isAtLeast(bpftrace, OLDEST_PROVEN)) return passed("bpftrace", `${bpftrace.version} (${bpftrace.path})`);
  const { major, minor } = OLDEST_PROVEN;
  const doubt = `older than ${major}.${minor}, the oldest known to work, but tried`;
  if (isAtLeast(bpftrace, OLDEST_BPFTRACE))
    return passed("bpftrace", `${bpftrace.version} (${bpftrace.path}), ${doubt}`);
  return failed("bpftrace", `${bpftrace.version}, older than ${OLDEST_BPFTRACE_NAME}`, installBpftrace);
}

function checkTracefs(facts: TracingFacts): DoctorCheck {
  const { mountedAt, supported } = facts.kernel.tracefs;
  if (mountedAt !== null) return passed("tracefs", mountedAt);
  if (!supported) return failed("tracefs", "not in this kernel (CONFIG_TRACING)", null);
  if (canMountTracefs(facts)) return passed("tracefs", "not mounted; tcptrace mounts it for bpftrace only");
  // Without root, a mounted tracefs looks the same as none.
  const detail = facts.privileges.isRoot ? "not mounted" : "not mounted, or visible to root only";
  return failed("tracefs", detail, "mount -t tracefs tracefs /sys/kernel/tracing");
}

function checkTracepoint(facts: TracingFacts): DoctorCheck {
  const name = "sock:inet_sock_set_state";
  if (!hasStateTracepoint(facts)) return failed("tracepoint", `${name} is missing (kernel 4.16+)`, null);
  if (facts.kernel.stateTracepoint !== null) return passed("tracepoint", name);
  return passed("tracepoint", `${name}, judging by the kernel version: tracefs is not mounted`);
}

function checkAccept({ kernel }: TracingFacts): DoctorCheck {
  const name = "syscalls:sys_exit_accept4";
  if (kernel.acceptTracepoint === true) return passed("accept", name);
  if (kernel.acceptTracepoint === null) return passed("accept", `${name} not checked: tracefs is not mounted`);
  return missing("accept", `${name} is missing (CONFIG_FTRACE_SYSCALLS): only fentry and kprobes can trace`);
}

function checkBtf({ kernel }: TracingFacts): DoctorCheck {
  if (kernel.btf) return passed("btf", "/sys/kernel/btf/vmlinux");
  return failed("btf", "no BTF: needs a kernel with CONFIG_DEBUG_INFO_BTF, such as the distribution's newest", null);
}

function checkKprobes({ kernel }: TracingFacts): DoctorCheck {
  if (kernel.kprobes === true) return passed("kprobes", "available");
  const state = kernel.kprobes === null ? "unknown" : "not in this kernel (CONFIG_KPROBES)";
  return missing("kprobes", `${state}; another probe set is used`);
}

function checkLockdown({ kernel }: TracingFacts): DoctorCheck {
  if (kernel.lockdown !== "confidentiality") return passed("lockdown", kernel.lockdown ?? "none");
  return failed("lockdown", "confidentiality: BPF may not read kernel memory", "boot with lockdown=integrity");
}

function checkPidNamespace({ kernel }: TracingFacts): DoctorCheck {
  if (kernel.initialPidNamespace === true) return passed("pid-namespace", "the host's");
  if (kernel.initialPidNamespace === null) return missing("pid-namespace", "unknown: /proc/self/ns is not readable");
  return failed(
    "pid-namespace",
    "a container's: the pids that the kernel reports differ from those in /proc",
    "docker run --pid=host …",
  );
}

function checkSs({ hasSs, installSs }: TracingFacts): DoctorCheck {
  if (hasSs) return passed("ss", "found; it shows the age of older sockets, and which are only half-closed");
  const detail = "not installed: sockets age from when tcptrace first sees them, and half-closed ones count as stuck";
  return { ...missing("ss", detail), fix: installSs };
}
