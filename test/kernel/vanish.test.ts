import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { HolderFinder } from "#src/host/processes/holders.ts";
import { KnownTables } from "#src/host/survey/known-rows.ts";
import { takeSurvey } from "#src/host/survey/survey.ts";
import type { Survey } from "#src/model/events/survey.ts";
import { runTcptrace } from "#test/support/machine/tcptrace.ts";
import { WORKLOAD } from "#test/support/project.ts";
import { until } from "#test/support/until.ts";
import { leak, netnsOf, serve } from "#test/support/machine/workload.ts";

const MAYFLY = join(WORKLOAD, "mayfly.py");
const LEAKED = 20;

/** Processes and namespaces that come and go until the test ends; returns how many processes have gone. */
function mayflies(): () => number {
  const child = spawn("python3", [MAYFLY], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  onTestFinished(async () => {
    child.stdin.end();
    await ended;
  });
  return () => Number(text.trimEnd().split("\n").at(-1));
}

/** The holders of the connections toward a port, from a survey, one line each. The kernel may print a row twice. */
function holdersToward({ sockets, processes }: Survey, port: number): string[] {
  const rows = sockets.filter(({ remotePort, netns }) => remotePort === port && netns === netnsOf("self"));
  const inodes = new Set(rows.map(({ inode }) => inode));
  return [...inodes].map((inode) =>
    processes
      .filter((process) => process.sockets.some((held) => held.inode === inode))
      .map(({ pid, comm }) => `${comm} ${pid}`)
      .join(),
  );
}

it("processes and namespaces may go while /proc is read; the others are reported correctly", async () => {
  const server = await serve("127.0.0.1", "hangup");
  const { pid } = await leak("127.0.0.1", server.port, LEAKED);
  const gone = mayflies();
  await until("the first to go", () => gone() > 0);
  const known = { holders: new HolderFinder(), tables: new KnownTables() };
  let inOthers = 0;
  let surveys = 0;
  for (let now = 0; gone() < 500 || surveys < 50; now += 1e9) {
    const survey = await takeSurvey(() => now, { ...known, exact: surveys % 7 === 3 });
    surveys += 1;
    inOthers += survey.sockets.filter(({ netns }) => netns !== netnsOf("self")).length;
    const told = holdersToward(survey, server.port);
    expect(told).toEqual(Array.from({ length: LEAKED }, () => `pair ${pid}`));
  }
  // They were actually seen.
  expect(inOthers).toBeGreaterThan(0);
});

it("the whole command works while they come and go", async () => {
  const server = await serve("127.0.0.1", "hangup");
  const { pid } = await leak("127.0.0.1", server.port, LEAKED);
  const gone = mayflies();
  await until("the first to go", () => gone() > 0);
  const words = ["leaks", "--json", "--source", "proc", "--duration", "4s", "--stuck-after", "1s"];
  const { code, stdout, stderr } = await runTcptrace([...words, "--filter", `pid:${pid}`]);
  expect(code).toBe(0);
  expect(stderr).toBe("tcptrace: /proc at most every 1 s: requested by --source proc\n");
  expect(JSON.parse(stdout)).toMatchObject({ processes: [{ pid, comm: "pair", closeWait: LEAKED, stuck: LEAKED }] });
});
