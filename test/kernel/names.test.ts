import { describe, expect, it } from "vitest";
import { Lives, wholeCounts } from "#test/support/machine/lives.ts";
import { startTcptrace, traceEvents } from "#test/support/machine/tcptrace.ts";
import { closed, connectAndClose, leak, netnsOf, serve } from "#test/support/machine/workload.ts";

const CONNECTIONS = 50;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/**
 * Names that a process may give itself, and how they are shown. On the wire a bar before a newline ends the name, so
 * that a name with both in it may be cut there until /proc shows the whole of it.
 */
const NAMES: readonly { readonly shown: string; readonly name: Uint8Array; readonly cut?: string }[] = [
  { shown: "{red-fg}x", name: encode("{red-fg}x") },
  { shown: String.raw`\x1b[31mred`, name: encode("\u001B[31mred") },
  { shown: String.raw`a\x0ab`, name: encode("a\nb") },
  { shown: String.raw`\x0aH 1 2 3`, name: encode("\nH 1 2 3") },
  { shown: String.raw`\x0a@n[0]: 9999999`, name: encode("\n@n[0]: 9999999") },
  { shown: String.raw`\xff\xfe\xc0\x80`, name: Uint8Array.of(0xff, 0xfe, 0xc0, 0x80) },
  { shown: String.raw`caf\xc3`, name: Uint8Array.of(0x63, 0x61, 0x66, 0xc3) },
  { shown: "|", name: encode("|") },
  { shown: String.raw`x|\x0ay`, name: encode("x|\ny"), cut: "x" },
  { shown: String.raw`|\x0at 1 2 3 4 5|`, name: encode("|\nt 1 2 3 4 5|"), cut: "" },
  { shown: String.raw`\x0a\x0a\x0a`, name: encode("\n\n\n") },
  { shown: String.raw`a" \x0d\b`, name: encode('a" \r\\b') },
  { shown: String.raw`\x9b2J\u{202e}x`, name: encode("\u009B2J\u202Ex") },
];

/** Characters that could move the cursor, colour the screen or break a line. */
const CONTROL = /[^\P{C}\n]/u;

interface Pair {
  readonly shown: string;
  readonly cut: string;
  readonly server: number;
  readonly client: number;
  readonly port: number;
}

/** A server and a client for each name, which make all their connections while tcptrace traces. */
async function connectAll(): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (const { shown, name, cut = shown } of NAMES) {
    const { pid: server, port } = await serve("127.0.0.1", "close", { name });
    const { pid: client } = await connectAndClose("127.0.0.1", port, CONNECTIONS, { name });
    await closed(port);
    pairs.push({ shown, cut, server, client, port });
  }
  return pairs;
}

describe("processes with hostile names", () => {
  it("have every transition in events --json and forge none", async () => {
    const tcptrace = await traceEvents();
    const pairs = await connectAll();
    expect(await tcptrace.stop()).toEqual({ code: 0, signal: null });
    expect(tcptrace.stdout).not.toMatch(CONTROL);
    const transitions = tcptrace.transitions();
    for (const { shown, cut, ...truth } of pairs) {
      const lives = new Lives({ ...truth, netns: netnsOf("self") });
      for (const row of transitions) lives.add(row);
      expect(lives.complaints).toEqual([]);
      expect(lives.counts).toEqual(wholeCounts(CONNECTIONS));
      const own = transitions.filter(({ pid }) => pid === truth.server || pid === truth.client);
      for (const { comm } of own) expect([shown, cut]).toContain(comm);
      expect(own).toHaveLength(10 * CONNECTIONS + 1);
    }
    expect(tcptrace.summary().lost).toBe(0);
  });

  it("are harmless text in events, with one line for each transition", async () => {
    const tcptrace = startTcptrace(["events", "--source", "bpf"]);
    await tcptrace.tracing();
    const pairs = await connectAll();
    expect(await tcptrace.stop()).toEqual({ code: 0, signal: null });
    expect(tcptrace.stdout).not.toMatch(CONTROL);
    const [header, ...lines] = tcptrace.stdout.trimEnd().split("\n");
    expect(header).toMatch(/^TIME /);
    for (const { shown, cut, server, client, port } of pairs) {
      const own = lines.filter((line) => line.includes(`127.0.0.1:${port} `));
      expect(own).toHaveLength(10 * CONNECTIONS + 1);
      const starts = [server, client].flatMap((pid) =>
        [shown, cut].map((comm) => `${String(pid).padEnd(7)} ${comm.padEnd(15)} `),
      );
      for (const line of own) expect(starts.filter((start) => line.startsWith(start, 16))).not.toEqual([]);
    }
  });

  it.each([
    ["top -b -n 1", ["top", "-b", "-n", "1", "-d", "500ms"]],
    ["leaks", ["leaks", "--stuck-after", "200ms", "--duration", "1s"]],
  ])("are harmless text in %s", async (_view, words) => {
    const clients: { readonly shown: string; readonly pid: number }[] = [];
    for (const { shown, name } of NAMES) {
      const server = await serve("127.0.0.1", "hangup", { name });
      clients.push({ shown, pid: (await leak("127.0.0.1", server.port, 3, { name })).pid });
    }
    const tcptrace = startTcptrace([...words, "--source", "bpf"]);
    expect(await tcptrace.ended).toEqual({ code: 0, signal: null });
    expect(tcptrace.stdout).not.toMatch(CONTROL);
    for (const { shown, pid } of clients) {
      const rows = tcptrace.stdout
        .split("\n")
        .filter((line) => new RegExp(`(^ *${pid} |\\(pid ${pid}\\) holds)`).test(line));
      expect(rows).toHaveLength(1);
      expect(` ${rows[0]}`).toContain(` ${shown} `);
    }
  });
});
