import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { Diagnosis, diagnoseJson, Ills } from "#test/support/machine/ills.ts";
import { runTcptrace, startTcptrace } from "#test/support/machine/tcptrace.ts";

const STUCK_AFTER = ["--stuck-after", "1s"];

function ills(): Ills {
  const made = new Ills();
  onTestFinished(() => made.end());
  return made;
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "tcptrace-diagnose-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** The findings about these processes and namespaces, and the whole report. */
function told(
  { findings }: Diagnosis,
  netns: ReadonlySet<unknown>,
): readonly (readonly [string, number | null, number])[] {
  return findings
    .filter(({ evidence }) => netns.has(evidence["netns"]))
    .map(({ id, pid, advice }) => [id, pid, advice.length] as const)
    .toSorted((a, b) => (a[0] < b[0] ? -1 : 1));
}

it("a recording yields the same findings as the live run", async () => {
  const world = ills();
  const ways = ["crawler", "stalled", "buckets", "refused", "syn-sent", "ports"];
  const stand = await Promise.all(ways.map(async (way) => world.start(way, "ill")));
  const netns = new Set(stand.map((ill) => ill.netns));
  const file = join(folder(), "run.tct.gz");
  const recording = startTcptrace(["record", "-w", file, "--source", "bpf", "--duration", "8s"]);
  const live = await diagnoseJson(["--source", "bpf", "--duration", "8s", ...STUCK_AFTER]);
  expect(await recording.ended).toEqual({ code: 0, signal: null });
  const replayed = await diagnoseJson(["-r", file, ...STUCK_AFTER]);
  expect(told(replayed, netns)).toEqual(told(live, netns));
  expect(told(live, netns).map(([id]) => id)).toEqual([
    "accept-queue-stalled",
    "close-wait-leak",
    "ports-running-out",
    "reset-storm",
    "syn-sent",
    "time-wait-buckets",
  ]);
  // Identical to the byte each time it is read.
  const again = await runTcptrace(["diagnose", "--json", "-r", file, ...STUCK_AFTER]);
  expect(Diagnosis.parse(JSON.parse(again.stdout))).toEqual(replayed);
});

it("without BPF the findings are the same, except for those that need events", async () => {
  const world = ills();
  const stand = await Promise.all(
    ["crawler", "stalled", "syn-sent", "fin-wait-1"].map((way) => world.start(way, "ill")),
  );
  const netns = new Set(stand.map((ill) => ill.netns));
  const diagnosis = await diagnoseJson(["--source", "proc", "--duration", "8s", ...STUCK_AFTER]);
  expect(diagnosis.source).toBe("proc");
  expect(told(diagnosis, netns).map(([id]) => id)).toEqual([
    "accept-queue-stalled",
    "close-wait-leak",
    "fin-wait-1",
    "syn-sent",
  ]);
});

it("a machine near fs.file-max is reported, with the processes that have the most files open", async () => {
  // /proc/sys/fs belongs to the whole machine: tcptrace sees a replacement.
  const made = folder();
  writeFileSync(join(made, "file-nr"), "950\t0\t1000\n");
  writeFileSync(join(made, "file-max"), "1000\n");
  const mounts = 'mount --bind "$0/file-nr" /proc/sys/fs/file-nr && mount --bind "$0/file-max" /proc/sys/fs/file-max';
  const prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-c", `${mounts} && exec "$@"`, made];
  const { findings } = await diagnoseJson(["--source", "proc", "--duration", "1s"], prefix);
  expect(findings.find(({ id }) => id === "files-running-out")).toMatchObject({
    severity: "critical",
    evidence: { openFiles: 950, fileMax: 1000 },
  });
  const well = await diagnoseJson(["--source", "proc", "--duration", "1s"]);
  expect(well.findings.filter(({ id }) => id === "files-running-out")).toEqual([]);
});

it("lost events are reported, and none if none were lost", async () => {
  const world = ills();
  const diagnose = startTcptrace(["diagnose", "--json", "--source", "bpf", "--duration", "10m"]);
  await diagnose.tracing();
  await world.start("crawler", "ill");
  const bpftrace = await diagnose.bpftrace();
  process.kill(bpftrace, "SIGKILL");
  await diagnose.tracing(2);
  expect(await diagnose.stop()).toEqual({ code: 0, signal: null });
  const { findings, lost } = Diagnosis.parse(JSON.parse(diagnose.stdout));
  const finding = findings.find(({ id }) => id === "trace-loss");
  expect(finding?.evidence["gapMs"]).toBeGreaterThan(0);
  expect(finding?.evidence["lost"]).toBe(lost);
  const well = await diagnoseJson(["--source", "bpf", "--duration", "2s"]);
  expect(well.findings.filter(({ id }) => id === "trace-loss").length).toBe(well.lost > 0 ? 1 : 0);
});

it("a filter limits the findings; if there are none, the report says so in one sentence", async () => {
  const world = ills();
  const ill = await world.start("crawler", "ill");
  const well = await world.start("crawler", "well");
  const words = ["--source", "proc", "--duration", "3s", ...STUCK_AFTER];
  const one = await diagnoseJson([...words, "--filter", `pid:${ill.client}`]);
  expect(one.findings.map(({ id, pid }) => [id, pid])).toEqual([["close-wait-leak", ill.client]]);
  const { code, stdout } = await runTcptrace(["diagnose", ...words, "--filter", `pid:${well.server}`]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^No problems found: watched \d+ sockets? /);
  for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
});

it("the text report has the finding, its advice and what would not help", async () => {
  const world = ills();
  const { client } = await world.start("crawler", "ill");
  const words = ["--source", "proc", "--duration", "3s", ...STUCK_AFTER, "--filter", `pid:${client}`];
  const { code, stdout } = await runTcptrace(["diagnose", ...words]);
  expect(code).toBe(0);
  const text = stdout.replaceAll(/\s+/g, " ");
  expect(text).toContain(`WARNING python3 (pid ${client}) leaks 12 connections in CLOSE_WAIT to 127.0.0.1:8080`);
  expect(text).toContain("1. check the code that opens connections to 127.0.0.1:8080");
  expect(text).toContain("no sysctl ends CLOSE_WAIT");
});
