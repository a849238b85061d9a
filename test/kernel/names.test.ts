import { describe, expect, it } from "vitest";
import { Lives, wholeCounts } from "../support/lives.ts";
import { startTcptrace, traceEvents } from "../support/tcptrace.ts";
import { closed, connectAndClose, leak, netnsOf, serve } from "../support/workload.ts";

const CONNECTIONS = 50;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/**
 * Names that a process may give itself, and how they are shown. On the wire a bar before a newline ends the name, so that
 * one with both in it may be cut there until /proc tells it.
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

/** What could move a cursor, colour the screen or break a line. */
const CONTROL = /[^\P{C}\n]/u;

describe.each(NAMES)("a process named $shown", ({ shown, name, cut = shown }) => {
  it("has every transition in events --json, and forges none", async () => {
    const tcptrace = await traceEvents();
    const server = await serve("127.0.0.1", "close", { name });
    const client = await connectAndClose("127.0.0.1", server.port, CONNECTIONS, { name });
    await closed(server.port);
    expect(await tcptrace.stop()).toEqual({ code: 0, signal: null });
    expect(tcptrace.stdout).not.toMatch(CONTROL);
    const lives = new Lives({ server: server.pid, client: client.pid, port: server.port, netns: netnsOf("self") });
    const transitions = tcptrace.transitions();
    for (const row of transitions) lives.add(row);
    expect(lives.complaints).toEqual([]);
    expect(lives.counts).toEqual(wholeCounts(CONNECTIONS));
    const own = transitions.filter(({ pid }) => pid === server.pid || pid === client.pid);
    for (const { comm } of own) expect([shown, cut]).toContain(comm);
    expect(own).toHaveLength(10 * CONNECTIONS + 1);
    expect(tcptrace.summary().lost).toBe(0);
  });

  it("is harmless text in events, a line for each transition", async () => {
    const tcptrace = startTcptrace(["events", "--source", "bpf"]);
    await tcptrace.tracing();
    const server = await serve("127.0.0.1", "close", { name });
    const client = await connectAndClose("127.0.0.1", server.port, CONNECTIONS, { name });
    await closed(server.port);
    expect(await tcptrace.stop()).toEqual({ code: 0, signal: null });
    expect(tcptrace.stdout).not.toMatch(CONTROL);
    const [header, ...lines] = tcptrace.stdout.trimEnd().split("\n");
    expect(header).toMatch(/^TIME /);
    const own = lines.filter((line) => line.includes(`127.0.0.1:${server.port} `));
    expect(own).toHaveLength(10 * CONNECTIONS + 1);
    const starts = [server.pid, client.pid].flatMap((pid) =>
      [shown, cut].map((comm) => `${String(pid).padEnd(7)} ${comm.padEnd(15)} `),
    );
    for (const line of own) expect(starts.filter((start) => line.startsWith(start, 16))).not.toEqual([]);
  });

  it("is harmless text in top -b -n 1", async () => {
    const server = await serve("127.0.0.1", "hangup", { name });
    const client = await leak("127.0.0.1", server.port, 3, { name });
    const tcptrace = startTcptrace(["top", "-b", "-n", "1", "-d", "500ms", "--source", "bpf"]);
    expect(await tcptrace.ended).toEqual({ code: 0, signal: null });
    expect(tcptrace.stdout).not.toMatch(CONTROL);
    const row = tcptrace.stdout.split("\n").filter((line) => new RegExp(`^ *${client.pid} `).test(line));
    expect(row).toHaveLength(1);
    expect(row[0]).toContain(` ${shown} `);
  });
});
