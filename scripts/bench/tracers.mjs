// The tracers that compare.mjs sets side by side: how each is started, when it traces, and how its transitions are found.
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
  return { words: [process.execPath, cli, ...words, "--source", "bpf"], ready: /full probes/, lines: null, port: null };
}

const inColumn = (port) => ` ${port} `;

/**
 * By name. `ready` is what it says when it traces; `lines` is what each transition's line on stdout begins with, and `port`
 * how a port looks in it: both null where there are no such lines.
 */
export function tracers({ tcpstates }) {
  const found = {
    "count() in the kernel only": { words: withTracefs("bpftrace", "-e", COUNT), ready: null, lines: null, port: null },
    "tcptrace record": tcptrace("record", "-w", "/dev/null"),
    // It says nothing on stderr.
    "tcptrace top -b": { ...tcptrace("top", "-b", "-d", "1s"), ready: null },
    "tcptrace events --json": {
      ...tcptrace("events", "--json"),
      lines: /^\{"type":"transition"/,
      port: (port) => `:${port}"`,
    },
    "bpftrace, readable lines": {
      words: withTracefs("bpftrace", "-e", READABLE),
      ready: null,
      lines: /^\d+ 0x/,
      port: inColumn,
    },
  };
  const c = tcpstates ?? firstThatExists("/usr/sbin/tcpstates-libbpf", "/usr/sbin/tcpstates");
  const lines = /^[0-9a-f]{16} /;
  if (c !== null) {
    const words = withTracefs("sh", "-c", `exec ${c}`);
    found["tcpstates (C, libbpf-tools)"] = { words, ready: null, lines, port: inColumn };
  }
  const python = firstThatExists("/usr/sbin/tcpstates-bpfcc");
  if (python !== null)
    found["tcpstates (Python, bcc)"] = { words: withTracefs(python), ready: null, lines, port: inColumn };
  return found;
}

function firstThatExists(...paths) {
  return paths.find((path) => existsSync(path)) ?? null;
}
