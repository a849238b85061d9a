// Takes one kernel feature away at a time; each time tcptrace must report what it uses instead, and why.
import { spawnSync } from "node:child_process";
import type { Refusal } from "./cell-result.ts";

const CLI = ["/app/node", "/app/tcptrace/build/cli.js"];
const LIMIT_MS = 300_000;

interface Trial {
  readonly name: string;
  /** A shell command to run first, in a private mount namespace. */
  readonly before: string;
  /** The check of `doctor` that must fail. */
  readonly check: string;
  /** The source that must be used instead. */
  readonly taken: (bpftrace: string) => string;
}

const TRIALS: readonly Trial[] = [
  {
    name: "no-btf",
    before: "mount -t tmpfs none /sys/kernel/btf",
    check: "btf",
    taken: (bpftrace) => (bpftrace === "0.27" ? "proc, polling /proc" : "bpf, basic probes"),
  },
  {
    name: "no-tracepoint",
    before: "mount -t tmpfs none /sys/kernel/tracing/events/sock",
    check: "tracepoint",
    taken: () => "bpf, kprobe probes",
  },
  {
    name: "no-syscall-tracepoints",
    before: "mount -t tmpfs none /sys/kernel/tracing/events/syscalls",
    check: "accept",
    taken: () => "bpf, kprobe probes",
  },
];

const LOCKED: readonly Trial[] = [
  { name: "lockdown", before: ":", check: "lockdown", taken: () => "proc, polling /proc" },
];

/** Runs the trials with one bpftrace. */
export function runTrials(bpftrace: string, kind: "refusals" | "lockdown"): Refusal[] {
  return (kind === "lockdown" ? LOCKED : TRIALS).map((trial) => ({
    name: trial.name,
    complaints: complaintsOf(trial, bpftrace),
  }));
}

function complaintsOf({ before, check, taken }: Trial, bpftrace: string): string[] {
  const complaints: string[] = [];
  const text = run(bpftrace, before, ["doctor"]).stdout;
  const takes = /--source auto uses (.*)\.$/m.exec(text)?.[1];
  if (takes !== taken(bpftrace)) complaints.push(`doctor: wrong source ${takes}: ${text}`);
  if (!new RegExp(`^(!!|--) ${check} `, "m").test(text))
    complaints.push(`doctor: check ${check} did not fail: ${text}`);
  const events = run(bpftrace, before, ["events", "--json", "--duration", "2s"]);
  const source = /"type":"summary".*"source":"(\w+)"/.exec(events.stdout)?.[1];
  if (events.status !== 0 || takes?.split(",")[0] !== source) {
    complaints.push(`events exited with ${events.status}, source ${source}: ${events.stderr}`);
  }
  if (source === "proc") {
    const { status, stderr } = run(bpftrace, before, ["events", "--source", "bpf"]);
    const isOneLine = /^tcptrace: [^\n]+ doctor`[^\n]*\n$/.test(stderr);
    if (status !== 4 || !isOneLine) complaints.push(`--source bpf exited with ${status}: ${stderr}`);
  }
  return complaints;
}

function run(bpftrace: string, before: string, words: readonly string[]) {
  const script = `${before} && exec "$@"`;
  const command = ["--mount", "--propagation", "private", "sh", "-c", script, "sh", ...CLI, ...words];
  const env = { ...process.env, PATH: `/opt/bpftrace/${bpftrace}/bin:${process.env["PATH"]}` };
  return spawnSync("unshare", command, { encoding: "utf8", env, timeout: LIMIT_MS });
}
