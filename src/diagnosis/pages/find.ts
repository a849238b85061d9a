import { SYSCTL_ADVICE } from "../sysctls/all.ts";
import type { SysctlAdvice, Verdicts } from "../sysctls/sysctl-advice.ts";
import { CLOSE_WAIT } from "./close-wait.ts";
import { CLOSING } from "./closing.ts";
import { DESCRIPTORS } from "./descriptors.ts";
import { ESTABLISHED } from "./established.ts";
import { FIN_WAIT_1 } from "./fin-wait-1.ts";
import { FIN_WAIT_2 } from "./fin-wait-2.ts";
import { LAST_ACK } from "./last-ack.ts";
import { LISTEN } from "./listen.ts";
import type { Page } from "./page.ts";
import { RESET } from "./reset.ts";
import { SYN_RECV } from "./syn-recv.ts";
import { SYN_SENT } from "./syn-sent.ts";
import { TIME_WAIT } from "./time-wait.ts";
import { TRACE_LOSS } from "./trace-loss.ts";

const STATE_PAGES: readonly Page[] = [
  CLOSE_WAIT,
  TIME_WAIT,
  FIN_WAIT_2,
  FIN_WAIT_1,
  LAST_ACK,
  CLOSING,
  SYN_SENT,
  SYN_RECV,
  LISTEN,
  ESTABLISHED,
  RESET,
  DESCRIPTORS,
  TRACE_LOSS,
];

/** Background on states and findings, then on every setting of the audit. */
export const PAGES: readonly Page[] = [...STATE_PAGES, ...SYSCTL_ADVICE.map(sysctlPage)];

/**
 * Normalises a name: `CLOSE_WAIT`, `close-wait` and `CloseWait` are one topic, as are `net.ipv4.tcp_tw_reuse` and
 * `tcp_tw_reuse`.
 */
function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/^(net\.(ipv4|core)|fs)\./, "")
    .replaceAll(/[^a-z0-9]/g, "");
}

const BY_NAME: ReadonlyMap<string, Page> = byName(PAGES);

function byName(pages: readonly Page[]): Map<string, Page> {
  const found = new Map<string, Page>();
  for (const page of pages) for (const name of [page.topic, ...page.aliases]) found.set(plain(name), page);
  return found;
}

/** Null if there is no such page. */
export function findPage(topic: string): Page | null {
  return BY_NAME.get(plain(topic)) ?? null;
}

const MOST_NEAREST = 3;
const LONGEST = 64;

/** The topics with the most similar names. */
export function nearestTopics(topic: string): readonly string[] {
  const wanted = plain(topic.slice(0, LONGEST));
  const names = PAGES.flatMap(({ topic: own, aliases }) => aliases.concat(own));
  const ranked = names.map((name) => ({ name, far: distance(wanted, plain(name)) }));
  return ranked
    .toSorted((a, b) => a.far - b.far)
    .slice(0, MOST_NEAREST)
    .map(({ name }) => name);
}

/** The number of characters to change, add or remove (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [at, char] of one.split("").entries()) {
    const next = [at + 1];
    for (const [index, known] of other.split("").entries()) {
      const changed = (row[index] ?? 0) + (char === known ? 0 : 1);
      next.push(Math.min(changed, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

function sysctlPage({ name, aliases = [], default: usual, does, helps, refusals, myth, sources }: SysctlAdvice): Page {
  const see = name === "RLIMIT_NOFILE" ? "grep 'open files' /proc/PID/limits" : `sysctl ${name}`;
  return {
    topic: name.replace(/^(net\.(ipv4|core)|fs)\./, "").toLowerCase(),
    aliases,
    title: does,
    what: [`Name: ${name}. Kernel default: ${usual}. Show the current value: ${see}`, myth],
    causes: [],
    helps: [...byReason(helps)].map(([why, findings]) => `${findings.join(", ")}: ${why}`),
    avoid: [...byReason(refusals)].map(([why, findings]) => ({ what: `for ${findings.join(", ")}`, why })),
    sources,
  };
}

/** Groups findings by the reason given for them. */
function byReason(verdicts: Verdicts): Map<string, string[]> {
  const reasons = new Map<string, string[]>();
  for (const [finding, why] of Object.entries(verdicts)) {
    const findings = reasons.get(why);
    if (findings === undefined) reasons.set(why, [finding]);
    else findings.push(finding);
  }
  return reasons;
}
