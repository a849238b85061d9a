import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Diagnosis, diagnoseJson, type Ill, Ills } from "#test/support/machine/ills.ts";
import { rootObstacle } from "#test/support/machine/needs-root.ts";

interface Expected {
  readonly way: string;
  /** The expected finding, the process that it names, and its title and evidence. */
  readonly id: string;
  readonly names: "server" | "client" | null;
  readonly title: RegExp;
  readonly evidence: Readonly<Record<string, unknown>>;
  /** Other findings about it: the peer is on this machine too. */
  readonly besides?: readonly string[];
}

const SERVICE = "127.0.0.1:8080";

const EXPECTED: readonly Expected[] = [
  {
    way: "crawler",
    id: "close-wait-leak",
    names: "client",
    title: /^python3 \(pid \d+\) leaks 12 connections in CLOSE_WAIT to 127\.0\.0\.1:8080, .* never called close\(\)$/,
    evidence: { closeWait: 12, stuck: 12, readToEnd: 12, neverReadToEnd: 0, openedToward: [`${SERVICE} x12`] },
  },
  {
    way: "unread",
    id: "close-wait-leak",
    names: "client",
    title: /has not read to EOF$/,
    evidence: { closeWait: 12, stuck: 12, readToEnd: 0, neverReadToEnd: 12 },
  },
  {
    way: "handler",
    id: "close-wait-leak",
    names: "server",
    title: /leaks 12 connections in CLOSE_WAIT accepted on 127\.0\.0\.1:8080 from 127\.0\.0\.1/,
    evidence: { closeWait: 12, acceptedOn: [`${SERVICE} x12`], acceptedFrom: ["127.0.0.1 x12"] },
  },
  {
    way: "stalled",
    id: "accept-queue-stalled",
    names: "server",
    title: /is not accepting on 127\.0\.0\.1:8080.*: accept queue holds 3 connections \(3\/17\), oldest waiting >=/,
    evidence: { listener: SERVICE, waiting: 3, backlog: 17 },
  },
  {
    way: "overflow",
    id: "listen-overflow",
    names: "server",
    title: /dropped.* because an accept queue was full: python3 \(pid \d+\) on 127\.0\.0\.1:8080/,
    evidence: { listener: SERVICE, waiting: 3, backlog: 3, somaxconn: 4096 },
    besides: ["accept-queue-stalled", "syn-sent"],
  },
  {
    way: "descriptors",
    id: "descriptors-running-out",
    names: "client",
    title: /is using 9[67] of 100 descriptors/,
    evidence: { fdLimit: 100 },
  },
  {
    way: "time-wait",
    id: "time-wait-harmless",
    names: null,
    title: /^1,\d\d\d sockets in TIME_WAIT.* are harmless/,
    evidence: { limit: 131_072, ports: 28_232 },
  },
  {
    way: "buckets",
    id: "time-wait-buckets",
    names: null,
    title: /ended without TIME_WAIT.*tcp_max_tw_buckets was reached, now \d of 5/,
    evidence: { limit: 5 },
  },
  {
    way: "ports",
    id: "ports-running-out",
    names: "client",
    title:
      /running low on ports to 127\.0\.0\.1:8080.*: 4\d\d of 500 ports from 127\.0\.0\.1 in use, 4\d\d of them in TIME_WAIT/,
    evidence: { ports: 500, destination: SERVICE, tcpTwReuse: 0 },
  },
  {
    way: "server-first",
    id: "server-closes-first",
    names: "server",
    title: /closes connections on 127\.0\.0\.1:8080 first/,
    evidence: { listener: SERVICE },
    besides: ["no-pooling"],
  },
  {
    way: "no-pooling",
    id: "no-pooling",
    names: "client",
    title: /opens [\d.]+ connections\/s to 127\.0\.0\.1:8080/,
    evidence: { destination: SERVICE },
  },
  {
    way: "fin-wait-2",
    id: "fin-wait-2",
    names: null,
    title: /^12 connections closed by .* are in FIN_WAIT2, waiting for the peer's FIN \(peer 127\.0\.0\.1:8080\)/,
    evidence: { finWait2: 12, isHeld: false, tcpFinTimeoutSeconds: 60 },
    besides: ["accept-queue-stalled"],
  },
  {
    way: "fin-wait-1",
    id: "fin-wait-1",
    names: null,
    title: /^12 connections .* are in FIN_WAIT1 without an answer from 127\.0\.0\.1:8080/,
    evidence: { count: 12, state: "FIN_WAIT1", tcpOrphanRetries: 0 },
  },
  {
    way: "last-ack",
    id: "last-ack",
    names: null,
    title: /^12 connections .* are in LAST_ACK without an answer from 127\.0\.0\.1/,
    evidence: { count: 12, state: "LAST_ACK" },
    besides: ["fin-wait-2"],
  },
  {
    way: "syn-sent",
    id: "syn-sent",
    names: "client",
    title: /gets no answer: 5 connections stuck in SYN_SENT to 10\.9\.0\.2:8080/,
    evidence: { synSent: 5, destinations: ["10.9.0.2:8080 x5"], tcpSynRetries: 6 },
  },
  {
    way: "syn-recv",
    id: "syn-recv",
    names: "server",
    title: /^\d+ half-open handshakes \(SYN_RECV\) on 10\.9\.0\.1:8080 of python3/,
    evidence: { listener: "10.9.0.1:8080", backlog: 16, tcpSyncookies: 1 },
  },
  {
    way: "reset",
    id: "reset-storm",
    names: "client",
    title: /connections\/s reset by the peer.*127\.0\.0\.1:8080/,
    evidence: { lastPeer: SERVICE, refusedPerSecond: 0 },
  },
  {
    way: "keepalive",
    id: "keepalive-late",
    names: "server",
    title: /holds 12 idle connections accepted on 10\.9\.0\.1:8080 .* without keepalive/,
    evidence: { idle: 12, withoutKeepalive: 12, tcpKeepaliveTimeSeconds: 7200 },
  },
  {
    way: "refused",
    id: "reset-storm",
    names: "client",
    title: /^127\.0\.0\.1:8081 refuses [\d.]+ connections\/s from python3/,
    evidence: { lastPeer: "127.0.0.1:8081", resetsPerSecond: 0 },
  },
];

const ills = new Ills();
const sick = new Map<string, Ill>();
const healthy = new Map<string, Ill>();
let diagnosis: Diagnosis;

beforeAll(async () => {
  // Hooks of a file run for tests that are skipped, too.
  if (rootObstacle !== null) return;
  await Promise.all(
    EXPECTED.map(async ({ way }) => {
      sick.set(way, await ills.start(way, "ill"));
      healthy.set(way, await ills.start(way, "well"));
    }),
  );
  diagnosis = await diagnoseJson(["--source", "bpf", "--duration", "8s", "--stuck-after", "1s"]);
}, 120_000);

afterAll(() => ills.end());

function of(ill: Ill | undefined): Diagnosis["findings"] {
  if (ill === undefined) throw new Error("not there");
  const pids = new Set([ill.server, ill.client].filter((pid) => pid !== null));
  return diagnosis.findings.filter(
    ({ pid, evidence }) => evidence["netns"] === ill.netns || (pid !== null && pids.has(pid)),
  );
}

describe.each(EXPECTED)("$way", ({ way, id, names, title, evidence, besides = [] }) => {
  it(`is found as ${id}, with its process and numbers`, () => {
    const ill = sick.get(way);
    const found = of(ill);
    expect(new Set(found.map((one) => one.id))).toEqual(new Set([id, ...besides]));
    const finding = found.find((one) => one.id === id);
    expect(finding?.title).toMatch(title);
    expect(finding?.evidence).toMatchObject(evidence);
    if (names !== null) expect(finding).toMatchObject({ pid: ill?.[names], comm: "python3" });
  });

  it("yields no finding in the healthy variant", () => {
    expect(of(healthy.get(way))).toEqual([]);
  });
});

it("the advice for a crawler is to look in the code that opens the connections", () => {
  const [finding] = of(sick.get("crawler"));
  expect(finding?.advice[0]).toMatch(/^check the code that opens connections to 127\.0\.0\.1:8080: .*errors/);
});

it("lists the worst finding first", () => {
  const rank = { critical: 0, warning: 1, info: 2 };
  const ranks = diagnosis.findings.map(({ severity }) => rank[severity]);
  expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
});

it("lists every setting that folklore recommends, with its current value, and none as a fix for CLOSE_WAIT", () => {
  const named = new Set(diagnosis.settings.map(({ name }) => name.replace(/^.*\./, "")));
  for (const name of NAMED) expect(named).toContain(name);
  for (const { name, value } of diagnosis.settings) {
    expect([name, value === null]).toEqual([name, name === "net.ipv4.tcp_tw_recycle"]);
  }
  const cures = diagnosis.settings.flatMap(({ verdicts }) => verdicts.filter(({ helps }) => helps));
  expect(cures.filter(({ finding }) => finding === "close-wait-leak")).toEqual([]);
});

const NAMED = (
  "tcp_syn_retries tcp_synack_retries tcp_keepalive_time tcp_keepalive_probes tcp_keepalive_intvl tcp_orphan_retries " +
  "tcp_fin_timeout tcp_max_syn_backlog somaxconn tcp_syncookies tcp_tw_reuse tcp_tw_recycle tcp_max_tw_buckets " +
  "ip_local_port_range tcp_timestamps netdev_max_backlog file-max nr_open RLIMIT_NOFILE"
).split(" ");
