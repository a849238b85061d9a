import { expect, it } from "vitest";
import { startTcptrace, type Tcptrace } from "#test/support/machine/tcptrace.ts";
import { leak, serve } from "#test/support/machine/workload.ts";

const LEAKED = 7;

/** The tables printed so far: their lines from the column titles on, split into words. */
function tables(tcptrace: Tcptrace): string[][][] {
  return tcptrace.stdout
    .split(/^tcptrace .*$/m)
    .slice(1)
    .map((text) => text.split("\n"))
    .map((lines) => lines.slice(lines.findIndex((line) => /^ *PID /.test(line))))
    .map((lines) => lines.map((line) => line.trim().split(/\s+/)));
}

/** The cell of a column in this row. */
function cell(table: readonly string[][], title: string, row: number): string | undefined {
  const [titles = []] = table;
  expect(titles).toContain(title);
  return table[row]?.[titles.indexOf(title)];
}

it("shows the leaking process first, in each of the tables asked for", async () => {
  const server = await serve("127.0.0.1", "hangup");
  const client = await leak("127.0.0.1", server.port, LEAKED);
  const tcptrace = startTcptrace(["top", "-b", "-n", "2", "-d", "500ms", "--source", "bpf"]);
  expect(await tcptrace.ended).toEqual({ code: 0, signal: null });
  const shown = tables(tcptrace);
  expect(shown).toHaveLength(2);
  for (const table of shown) {
    expect(table[0]).toEqual(expect.arrayContaining(["PID", "USER", "COMMAND", "EST", "CLOSE_WAIT", "STUCK", "PEER"]));
    expect(cell(table, "PID", 1)).toBe(String(client.pid));
    expect(cell(table, "COMMAND", 1)).toBe("pair");
    expect(cell(table, "CLOSE_WAIT", 1)).toBe(String(LEAKED));
  }
});

it("counts a CLOSE_WAIT as stuck after the given time, and shows its peer", async () => {
  const tcptrace = startTcptrace(["top", "-b", "-d", "500ms", "--stuck-after", "1s", "--source", "bpf"]);
  await tcptrace.until("tracing", () => tcptrace.stdout.includes("full probes"));
  const server = await serve("127.0.0.1", "hangup");
  const client = await leak("127.0.0.1", server.port, LEAKED);
  const stuck = await tcptrace.until("a table with stuck sockets", () =>
    tables(tcptrace)
      .slice(0, -1)
      .find((table) => cell(table, "STUCK", 1) === String(LEAKED)),
  );
  expect(cell(stuck, "PID", 1)).toBe(String(client.pid));
  expect(stuck[1]?.join(" ")).toContain(` 127.0.0.1:${server.port}`);
  expect(await tcptrace.stop()).toEqual({ code: 0, signal: null });
});
