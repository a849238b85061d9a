import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { asNobody } from "#test/support/machine/nobody.ts";
import { runTcptrace, type StartOptions } from "#test/support/machine/tcptrace.ts";

/** An environment in which something is refused, and how doctor and the commands must react. */
interface Refusal {
  readonly what: string;
  readonly start: () => StartOptions;
  /** The check that must fail, and its text. */
  readonly check: string;
  readonly said: RegExp;
  readonly takes: "proc" | "bpf";
  /** The error of `--source bpf`, if it is impossible, and its code. */
  readonly reason: RegExp;
  readonly code?: string;
}

/** Runs in a mount namespace of its own, after a shell command there. */
function after(script: string): StartOptions {
  return { prefix: ["unshare", "--mount", "--propagation", "private", "sh", "-c", `${script} && exec "$0" "$@"`] };
}

/** Runs as root with only these capabilities. */
function withOnly(...capabilities: readonly string[]): StartOptions {
  const set = ["-all", ...capabilities.map((name) => `+${name}`)].join(",");
  return { prefix: ["setpriv", "--bounding-set", set, "--inh-caps", set] };
}

/** A script as bpftrace: only for behaviour that no real one here would show. */
function bpftrace(version: string, rest: string): StartOptions {
  const folder = mkdtempSync(join(tmpdir(), "tcptrace-refusals-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "bpftrace");
  writeFileSync(file, `#!/bin/sh\ncase "$1" in --version) echo "${version}"; exit 0 ;; esac\n${rest}\n`);
  chmodSync(file, 0o755);
  return { env: { PATH: `${folder}${delimiter}${process.env["PATH"]}` } };
}

const UNKNOWN_VERSION = "bpftrace v0.99.0";

const REFUSALS: readonly Refusal[] = [
  {
    what: "no root",
    start: () => ({ prefix: asNobody() }),
    check: "privileges",
    said: /not root/,
    takes: "proc",
    reason: /not root/,
    code: "not-root",
  },
  {
    what: "root without CAP_BPF and CAP_SYS_ADMIN",
    start: () => withOnly("dac_override", "sys_ptrace", "net_admin"),
    check: "privileges",
    said: /without CAP_SYS_ADMIN/,
    takes: "proc",
    reason: /without CAP_SYS_ADMIN/,
  },
  {
    what: "a pid namespace of its own",
    start: () => ({ prefix: ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"] }),
    check: "pid-namespace",
    said: /a container's/,
    takes: "proc",
    reason: /pid namespace/,
  },
  {
    what: "no BTF",
    start: () => after("mount -t tmpfs none /sys/kernel/btf"),
    check: "btf",
    said: /CONFIG_DEBUG_INFO_BTF/,
    takes: "bpf",
    reason: /none/,
  },
  {
    what: "no tracefs, nor the right to mount it",
    start: () => {
      const { prefix = [] } = after("{ umount /sys/kernel/tracing || true; } 2>/dev/null");
      const caps = withOnly("bpf", "perfmon", "dac_override", "sys_ptrace", "net_admin");
      return { prefix: [...prefix, ...(caps.prefix ?? [])] };
    },
    check: "tracefs",
    said: /not mounted/,
    takes: "proc",
    reason: /tracefs is not mounted/,
  },
  {
    what: "a bpftrace older than supported",
    start: () => bpftrace("bpftrace v0.9.4", "exit 1"),
    check: "bpftrace",
    said: /0\.9\.4, older than/,
    takes: "proc",
    reason: /bpftrace 0\.9\.4 is older than/,
    code: "no-bpftrace",
  },
  {
    what: "a bpftrace that prints no version",
    start: () => bpftrace("bpftrace, built by hand", "exit 1"),
    check: "bpftrace",
    said: /--version fails/,
    takes: "proc",
    reason: /--version fails/,
    code: "no-bpftrace",
  },
  {
    what: "a bpftrace that aborts",
    start: () =>
      bpftrace(
        UNKNOWN_VERSION,
        "echo \"terminate called after throwing an instance of 'E'\" >&2; echo '~~~' >&2; kill -ABRT $$",
      ),
    check: "trace",
    said: /killed by SIGABRT: terminate called/,
    takes: "proc",
    reason: /killed by SIGABRT: terminate called/,
  },
  {
    what: "a bpftrace that prints unknown messages and exits",
    start: () => bpftrace(UNKNOWN_VERSION, "echo 'Bereite 5 Sonden vor'; echo 'Zugriff verweigert' >&2; exit 3"),
    check: "trace",
    said: /exited with code 3/,
    takes: "proc",
    reason: /exited with code 3/,
  },
  {
    what: "a bpftrace that prints anything but wire lines",
    start: () => bpftrace(UNKNOWN_VERSION, "head -c 100000 /dev/urandom; printf 'ERROR: \\033[2Jno\\n' >&2; exit 1"),
    check: "trace",
    said: /ERROR: /,
    takes: "proc",
    reason: /ERROR: /,
  },
];

// oxlint-disable-next-line no-control-regex -- these must not be printed
const CONTROL = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/;

describe.each(REFUSALS)("with $what", ({ start, check, said, takes, reason, code: errorCode = "bpf-unavailable" }) => {
  it("doctor has a line for it, and says what is used instead", async () => {
    const { code, stdout } = await runTcptrace(["doctor", "--json"], start());
    expect(code).toBe(0);
    const { ok, source, checks } = JSON.parse(stdout);
    expect({ ok, source }).toEqual({ ok: false, source: takes });
    const found = checks.find(({ id }: { readonly id: string }) => id === check);
    expect(found).toMatchObject({ ok: false });
    expect(found.detail).toMatch(said);
  });

  it("auto uses that, and bpf alone fails in one line if it must", async () => {
    const options = start();
    const { code, stdout, stderr } = await runTcptrace(["events", "--json", "--duration", "1s"], options);
    expect(code).toBe(0);
    expect(JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({ type: "summary", source: takes });
    expect(stderr).not.toMatch(CONTROL);
    if (takes === "bpf") return;
    const forced = await runTcptrace(["events", "--json", "--source", "bpf"], options);
    expect(forced.code).toBe(4);
    expect(forced.stderr).not.toMatch(CONTROL);
    expect(forced.stderr.split("\n").filter((line) => reason.test(line))).toHaveLength(1);
    const { error } = JSON.parse(forced.stderr.trimEnd().split("\n").at(-1) ?? "");
    expect(error).toMatchObject({ code: errorCode, exitCode: 4 });
  });
});

describe("TCPTRACE_PROBES", () => {
  it("uses the probes that it names", async () => {
    const { code, stderr } = await runTcptrace(["events", "--json", "--source", "bpf", "--duration", "1s"], {
      env: { TCPTRACE_PROBES: "basic" },
    });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^tcptrace: bpftrace [\d.]+, basic probes$/m);
  });

  it("with unavailable probes tries them, and fails in one line", async () => {
    const { code, stderr } = await runTcptrace(["events", "--source", "bpf"], {
      env: { TCPTRACE_PROBES: "kprobe" },
    });
    // If the kernel has kprobes, there is nothing to test.
    if (code === 0) return;
    expect(code).toBe(4);
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(
      /^tcptrace: TCPTRACE_PROBES is kprobe: bpftrace .*: unset TCPTRACE_PROBES, or see `\S*tcptrace doctor`$/,
    );
  });

  it("with unknown probes is a usage error", async () => {
    const { code, stderr } = await runTcptrace(["doctor"], { env: { TCPTRACE_PROBES: "uprobe\n\u001B[2J" } });
    expect(code).toBe(2);
    expect(stderr).toBe(
      "tcptrace: TCPTRACE_PROBES: unknown probes: uprobe\\x0a\\x1b[2J: use one of auto, full, kprobe, fentry, basic\n",
    );
  });
});
