// The tracers of compare.ts: how each is started, when it traces, and how to find its transitions.
import { existsSync } from "node:fs";
import { type TracerCommand, tcptrace } from "./measure/tracer.ts";
import { TRANSITION_LINE } from "../output-lines.ts";

export interface ComparedTracer extends TracerCommand {
  /** Null: it prints no lines for transitions. */
  readonly output: TracerOutput | null;
}

export interface TracerOutput {
  /** The start of a transition's line. */
  readonly line: RegExp;
  /** Formats a port as printed. */
  readonly port: (port: number) => string;
}

/** The tracer whose CPU is the baseline. */
export const REFERENCE = "tcpstates (C, libbpf-tools)";

const COUNT = "tracepoint:sock:inet_sock_set_state { @ = count(); }";
const READABLE = `tracepoint:sock:inet_sock_set_state /args->protocol == 6/ {
  printf("%llu %p %d %s %s %d -> %s %d %d -> %d\\n", nsecs, args->skaddr, pid, comm, ntop(args->family, args->saddr),
    args->sport, ntop(args->family, args->daddr), args->dport, args->oldstate, args->newstate); }`;

/** Runs a command in a mount namespace with tracefs, which is not always mounted. */
function withTracefs(...words: readonly string[]): TracerCommand {
  const script = 'mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"';
  return { words: ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", ...words], ready: null };
}

function inColumn(line: RegExp): TracerOutput {
  return { line, port: (port) => ` ${port} ` };
}

/** By name. `tcpstates` is the command that runs tcpstates of libbpf-tools, if it is not in /usr/sbin. */
export function tracers(tcpstates: string | undefined): Map<string, ComparedTracer> {
  const json: TracerOutput = { line: TRANSITION_LINE, port: (port) => `:${port}"` };
  const found = new Map<string, ComparedTracer>([
    ["count() in the kernel only", { ...withTracefs("bpftrace", "-e", COUNT), output: null }],
    ["tcptrace record", { ...tcptrace("record", "-w", "/dev/null", "--source", "bpf"), output: null }],
    // It prints nothing on stderr.
    ["tcptrace top -b", { ...tcptrace("top", "-b", "-d", "1s", "--source", "bpf"), ready: null, output: null }],
    ["tcptrace events --json", { ...tcptrace("events", "--json", "--source", "bpf"), output: json }],
    ["bpftrace, readable lines", { ...withTracefs("bpftrace", "-e", READABLE), output: inColumn(/^\d+ 0x/) }],
  ]);
  const output = inColumn(/^[0-9a-f]{16} /);
  const c = tcpstates ?? firstThatExists("/usr/sbin/tcpstates-libbpf", "/usr/sbin/tcpstates");
  if (c !== null) found.set(REFERENCE, { ...withTracefs("sh", "-c", `exec ${c}`), output });
  const python = firstThatExists("/usr/sbin/tcpstates-bpfcc");
  if (python !== null) found.set("tcpstates (Python, bcc)", { ...withTracefs(python), output });
  return found;
}

function firstThatExists(...paths: readonly string[]): string | null {
  return paths.find((path) => existsSync(path)) ?? null;
}
