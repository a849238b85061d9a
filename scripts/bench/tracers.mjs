// The tracers that compare.mjs sets side by side: how each is started, when it traces, and how its transitions are counted.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../../build/cli.js", import.meta.url));
const COUNT = "tracepoint:sock:inet_sock_set_state { @ = count(); }";
const READABLE = `tracepoint:sock:inet_sock_set_state /args->protocol == 6/ {
  printf("%llu %p %d %s %s %d -> %s %d %d -> %d\\n", nsecs, args->skaddr, pid, comm, ntop(args->family, args->saddr),
    args->sport, ntop(args->family, args->daddr), args->dport, args->oldstate, args->newstate); }`;

/** Runs a command in a mount namespace with tracefs, which is not mounted everywhere. */
function withTracefs(...words) {
  const script = 'mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"';
  return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", ...words];
}

function tcptrace(...words) {
  return { words: [process.execPath, cli, ...words, "--source", "bpf"], ready: /full probes/ };
}

/** `lines` says that each transition is a line on stdout. */
export function tracers({ tcpstates }) {
  const found = {
    "tcptrace events": { ...tcptrace("events", "--json"), lines: /^\{"type":"transition"/ },
    "tcptrace top -b": { ...tcptrace("top", "-b", "-d", "1s"), lines: null },
    "bpftrace, count() only": { words: withTracefs("bpftrace", "-e", COUNT), ready: null, lines: null },
    "bpftrace, readable lines": { words: withTracefs("bpftrace", "-e", READABLE), ready: null, lines: /^\d+ 0x/ },
  };
  const c = tcpstates ?? firstThatExists("/usr/sbin/tcpstates-libbpf", "/usr/sbin/tcpstates");
  if (c !== null) {
    found["libbpf-tools tcpstates (C)"] = {
      words: withTracefs("sh", "-c", `exec ${c}`),
      ready: null,
      lines: /^[0-9a-f]{16} /,
    };
  }
  const python = firstThatExists("/usr/sbin/tcpstates-bpfcc");
  if (python !== null) {
    found["bcc tcpstates (Python)"] = { words: withTracefs(python), ready: null, lines: /^[0-9a-f]{16} / };
  }
  return found;
}

function firstThatExists(...paths) {
  return paths.find((path) => existsSync(path)) ?? null;
}

/** The pid and all its descendants. */
export function treeOf(pid) {
  const rows = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "latin1" })
    .trim()
    .split("\n")
    .map((row) => row.trim().split(/\s+/).map(Number));
  const tree = [pid];
  for (const one of tree) for (const [child, parent] of rows) if (parent === one) tree.push(child);
  return tree;
}
