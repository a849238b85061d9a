import { describe, expect, it } from "vitest";
import { z } from "zod";
import { startNetns } from "#test/support/machine/netns.ts";
import { asNobody, NOBODY } from "#test/support/machine/nobody.ts";
import { runTcptrace, startTcptrace, type Tcptrace } from "#test/support/machine/tcptrace.ts";
import { until } from "#test/support/until.ts";
import { connectAndClose, leak, serve } from "#test/support/machine/workload.ts";

const Leaks = z.object({
  source: z.string(),
  complete: z.boolean(),
  processes: z.array(
    z.object({
      pid: z.number(),
      comm: z.string(),
      closeWait: z.number(),
      stuck: z.number(),
      sockets: z.array(z.object({ remote: z.string(), holders: z.array(z.number()), ageIsAtLeast: z.boolean() })),
    }),
  ),
  unowned: z.array(z.object({ remote: z.string(), reason: z.string() })),
});

/** Checks what user nobody sees of their own leaks and of root's, both toward one server. */
async function leaksForNobody(source: string, before?: string): Promise<void> {
  const server = await serve("127.0.0.1", "hangup");
  const own = await leak("127.0.0.1", server.port, 3, { prefix: NOBODY });
  const others = await leak("127.0.0.1", server.port, 2);
  const words = ["leaks", "--json", "--source", source, "--duration", "2s", "--stuck-after", "1s"];
  const { code, stdout, stderr } = await runTcptrace(words, { prefix: asNobody(before) });
  expect(code).toBe(0);
  expect(stderr.match(/^tcptrace: .*not root.*$/gm)).toHaveLength(1);
  expect(stderr.split("\n")).toHaveLength(2);
  const answer = Leaks.parse(JSON.parse(stdout));
  expect(answer).toMatchObject({ source: "proc", complete: false });
  expect(answer.processes.filter(({ pid }) => pid === own.pid || pid === others.pid)).toEqual([
    {
      pid: own.pid,
      comm: "pair",
      closeWait: 3,
      stuck: 3,
      sockets: Array.from({ length: 3 }, () => ({
        remote: `127.0.0.1:${server.port}`,
        holders: [own.pid],
        ageIsAtLeast: true,
      })),
    },
  ]);
  const unowned = answer.unowned.filter(({ remote }) => remote === `127.0.0.1:${server.port}`);
  expect(unowned.map(({ reason }) => reason)).toEqual(["unreadable", "unreadable"]);
}

describe("a user who is not root", () => {
  it.each(["proc", "auto"])(
    "sees their own processes correctly with --source %s, and that others could not be read",
    leaksForNobody,
  );

  it("sees the same if /proc shows only their own processes (hidepid=2)", async () => {
    await leaksForNobody("proc", "mount -t proc -o hidepid=2 proc /proc");
  });

  it("sees on the screen why owners are missing", async () => {
    const { stdout } = await runTcptrace(["top", "-b", "-n", "1", "--source", "proc"], { prefix: asNobody() });
    expect(stdout).toMatch(
      /^tcptrace .* proc: \/proc at most every 1 s: .*not root: only your own processes can be read$/m,
    );
    expect(stdout).toMatch(/^\d+ process(es)? could not be read \(permission denied\); some owners may be missing$/m);
  });
});

/** The text of each table that a batch run has printed so far; the last one may be incomplete. */
function tables(tcptrace: Tcptrace): string[] {
  return tcptrace.stdout.split(/^(?=tcptrace \d)/m);
}

function numbers(tables_: readonly string[], figure: string): number[] {
  return tables_
    .flatMap((table) => [...table.matchAll(new RegExp(`([\\d.]+)(k?) ${figure}/s`, "g"))])
    .map(([, number, thousands]) => Number(number) * (thousands === "k" ? 1000 : 1));
}

describe("connections shorter than a poll", () => {
  it("are in the host's rates, from the counters of all namespaces; data have an age and a cost", async () => {
    const { enter } = await startNetns();
    const server = await serve("127.0.0.1", "close", { prefix: enter });
    const tcptrace = startTcptrace(["top", "-b", "-d", "1s", "--source", "proc"]);
    await tcptrace.until("the first rates", () => tcptrace.stdout.includes(" connects/s"));
    // 8 s of connections, at a known rate.
    await connectAndClose("127.0.0.1", server.port, 1600, { prefix: enter, perSecond: 200 });
    expect(await tcptrace.stop()).toEqual({ code: 0, signal: null });
    const shown = tables(tcptrace);
    // Over five seconds in the middle, whatever else connects on this machine.
    for (const figure of ["connects", "accepts", "TIME_WAIT"]) {
      const most = Math.max(...numbers(shown, figure));
      expect({ figure, most, isTrue: most > 150 && most < 300 }).toMatchObject({ figure, isTrue: true });
    }
    const closed = Math.max(...numbers(shown, "closed"));
    expect({ closed, isTrue: closed > 300 && closed < 600 }).toMatchObject({ isTrue: true });
    expect(shown.at(-1)).toMatch(
      /^read [\d.]+s ago, every [\d.]+s, using [\d.]+% of a core\nhost-wide, from kernel counters:/m,
    );
  });
});

describe("bpftrace's death for good", () => {
  it("in the middle of a run: top continues with /proc, says why, marks the gap, and no age starts over", async () => {
    const tcptrace = startTcptrace(["top", "-b", "-d", "250ms", "--stuck-after", "1s", "--source", "auto"]);
    await tcptrace.until("tracing", () => tcptrace.stdout.includes("full probes"));
    const server = await serve("127.0.0.1", "hangup");
    const { pid } = await leak("127.0.0.1", server.port, 5);
    await tcptrace.until("the leak, traced", () => tcptrace.stdout.includes(`pair (pid ${pid}) holds 5 sockets`));
    const before = tables(tcptrace).length;
    const end = new AbortController();
    const killing = killEach(tcptrace, end.signal);
    const polled = await tcptrace.until("tables by /proc, with younger data", () => {
      const found = tables(tcptrace)
        .slice(before, -1)
        .filter((table) => / proc: \/proc at most every /.test(table));
      return found.length >= 12 ? found : undefined;
    });
    end.abort();
    await killing;
    for (const table of polled) {
      expect(table).toMatch(
        /^tcptrace .* proc: \/proc at most every 1 s: bpftrace was killed by SIGKILL(; restarting in [\d.]+ s|, 5 times in a row)$/m,
      );
      expect(table).toMatch(/^nothing was traced for [\d.]+s: rates and ages may be too low$/m);
    }
    // Ages continue from what was traced: they are exact, and only rise.
    const sentences = [
      ...tcptrace.stdout.matchAll(
        /^pair \(pid (\d+)\) holds (\d+) sockets in CLOSE_WAIT .*?, the oldest for (at least )?([\d.]+)s:/gm,
      ),
    ];
    const ours = sentences.filter(([, who]) => who === String(pid));
    expect(new Set(ours.map(([, , count, atLeast]) => `${count} ${atLeast ?? "exact"}`))).toEqual(new Set(["5 exact"]));
    const ages = ours.map(([, , , , age]) => Number(age));
    expect(ages).toEqual(ages.toSorted((a, b) => a - b));
    expect(await tcptrace.stop()).toEqual({ code: 0, signal: null });
  });
});

/** Kills every bpftrace that tcptrace starts, until it is stopped. */
async function killEach(tcptrace: Tcptrace, signal: AbortSignal): Promise<void> {
  let last = 0;
  while (!signal.aborted) {
    last = await until("the next bpftrace", async () => {
      if (signal.aborted) return -1;
      const pid = tcptrace.bpftraceNow();
      return pid === undefined || pid === last ? undefined : pid;
    });
    if (last > 0) process.kill(last, "SIGKILL");
  }
}
