import { describe, expect, it } from "vitest";
import { Lives, wholeCounts } from "#test/support/machine/lives.ts";
import { startTcptrace, traceEvents, type Tcptrace } from "#test/support/machine/tcptrace.ts";
import { closed, connectAndClose, leak, netnsOf, serve } from "#test/support/machine/workload.ts";
import { startNetns } from "#test/support/machine/netns.ts";

const CONNECTIONS = 300;
const TRANSITIONS = CONNECTIONS * 10;

interface Ends {
  readonly server: string;
  readonly client: string;
  /** The client's address as tcptrace prints it. */
  readonly shown: string;
}

const FAMILIES: readonly (Ends & { readonly family: string })[] = [
  { family: "IPv4", server: "127.0.0.1", client: "127.0.0.1", shown: "127.0.0.1" },
  { family: "IPv6", server: "::1", client: "::1", shown: "[::1]" },
  { family: "v4-mapped", server: "::", client: "::ffff:127.0.0.1", shown: "127.0.0.1" },
];

describe.each(FAMILIES)("300 connections over $family", (ends) => {
  it.each([
    { pace: "at full speed", perSecond: 0 },
    { pace: "at 300 a second", perSecond: 300 },
  ])("show all 3,000 transitions with the right pid, $pace", async ({ perSecond }) => {
    const tcptrace = await traceEvents();
    const server = await serve(ends.server);
    const client = await connectAndClose(ends.client, server.port, CONNECTIONS, { perSecond });
    await closed(server.port);
    await expectWhole(tcptrace, { server: server.pid, client: client.pid, port: server.port, netns: netnsOf("self") });
    const own = tcptrace.transitions().filter(({ local }) => local?.endsWith(`:${server.port}`) === false);
    for (const row of own.filter(({ pid }) => pid === client.pid)) expect(row.local).toContain(`${ends.shown}:`);
  });
});

async function expectWhole(
  tcptrace: Tcptrace,
  truth: { readonly server: number; readonly client: number; readonly port: number; readonly netns: number },
): Promise<void> {
  expect(await tcptrace.stop()).toEqual({ code: 0, signal: null });
  const lives = new Lives(truth);
  for (const row of tcptrace.transitions()) lives.add(row);
  expect(lives.complaints).toEqual([]);
  expect(lives.counts).toEqual(wholeCounts(CONNECTIONS));
  expect(lives.transitions).toBe(TRANSITIONS);
  expect(lives.whole).toBe(2 * CONNECTIONS);
  const summary = tcptrace.summary();
  expect(summary).toMatchObject({ source: "bpf", lost: 0, transitions: tcptrace.transitions().length });
  expect(summary.attributed).toBe(summary.transitions);
}

describe("sockets and processes of all ages and places", () => {
  it("names a server that listened before tcptrace", async () => {
    const server = await serve("127.0.0.1");
    const tcptrace = await traceEvents();
    const client = await connectAndClose("127.0.0.1", server.port, CONNECTIONS);
    await closed(server.port);
    await expectWhole(tcptrace, { server: server.pid, client: client.pid, port: server.port, netns: netnsOf("self") });
  });

  it("names both ends in another network namespace, and the namespace", async () => {
    const netns = await startNetns();
    const server = await serve("127.0.0.1", "close", { prefix: netns.enter });
    const tcptrace = await traceEvents();
    const client = await connectAndClose("127.0.0.1", server.port, CONNECTIONS, { prefix: netns.enter });
    await closed(server.port, netns.pid);
    expect(netns.number).not.toBe(netnsOf("self"));
    await expectWhole(tcptrace, { server: server.pid, client: client.pid, port: server.port, netns: netns.number });
  });

  it("invents nothing about connections that their process has closed and the kernel keeps", async () => {
    // Long enough for some surveys, which show them without an inode or a holder.
    const tcptrace = startTcptrace(["events", "--json", "--source", "bpf", "--duration", "6s"]);
    await tcptrace.tracing();
    const server = await serve("127.0.0.1", "leak");
    const client = await connectAndClose("127.0.0.1", server.port, 5, { stuff: true });
    expect(await tcptrace.ended).toEqual({ code: 0, signal: null });
    const rows = tcptrace.transitions().filter(({ remote }) => remote?.endsWith(`:${server.port}`) === true);
    expect(rows.map(({ pid, to }) => [pid, to])).toEqual(
      Array.from({ length: 5 }, () => ["SYN_SENT", "ESTABLISHED", "FIN_WAIT1"])
        .flat()
        .map((to) => [client.pid, to]),
    );
    expect(new Set(rows.map(({ socket }) => socket)).size).toBe(5);
  });

  it("names the holder of a socket that was open before tcptrace", async () => {
    const server = await serve("127.0.0.1", "hangup");
    const client = await leak("127.0.0.1", server.port, 20);
    const tcptrace = await traceEvents();
    process.kill(client.pid, "SIGKILL");
    await closed(server.port);
    await tcptrace.stop();
    const ends = tcptrace
      .transitions()
      .filter(({ remote, to }) => remote?.endsWith(`:${server.port}`) === true && to === "LAST_ACK");
    expect(ends).toHaveLength(20);
    expect(ends.map(({ pid, from }) => [pid, from])).toEqual(ends.map(() => [client.pid, "CLOSE_WAIT"]));
  });
});
