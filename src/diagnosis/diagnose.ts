import { formatPlural } from "../base/quantity.ts";
import type { Finding, Severity } from "./facts/finding.ts";
import { type DiagnoseOptions, type Situation, buildSituation } from "./facts/situation.ts";
import { closeWaitLeak } from "./rules/closing/close-wait-leak.ts";
import { finWait2 } from "./rules/closing/fin-wait-2.ts";
import { keepaliveLate } from "./rules/closing/keepalive-late.ts";
import { resetStorm } from "./rules/closing/reset-storm.ts";
import { unansweredClose } from "./rules/closing/unanswered-close.ts";
import { backlogDrops } from "./rules/limits/backlog-drops.ts";
import { descriptorsRunningOut } from "./rules/limits/descriptors-running-out.ts";
import { filesRunningOut } from "./rules/limits/files-running-out.ts";
import { traceLoss } from "./rules/limits/trace-loss.ts";
import { acceptQueueStalled } from "./rules/opening/accept-queue-stalled.ts";
import { listenOverflow } from "./rules/opening/listen-overflow.ts";
import { synRecv } from "./rules/opening/syn-recv.ts";
import { synSent } from "./rules/opening/syn-sent.ts";
import { noPooling } from "./rules/time-wait/no-pooling.ts";
import { portsRunningOut } from "./rules/time-wait/ports-running-out.ts";
import { serverClosesFirst } from "./rules/time-wait/server-closes-first.ts";
import { timeWaitBuckets } from "./rules/time-wait/time-wait-buckets.ts";
import { timeWaitHarmless } from "./rules/time-wait/time-wait-harmless.ts";
import type { Tables } from "../model/fold/tables.ts";

export type { DiagnoseOptions } from "./facts/situation.ts";

/** Worst first: among findings of the same severity, the earlier rule comes first. */
const RULES: readonly ((situation: Situation) => readonly Finding[])[] = [
  closeWaitLeak,
  portsRunningOut,
  filesRunningOut,
  descriptorsRunningOut,
  acceptQueueStalled,
  listenOverflow,
  synRecv,
  synSent,
  unansweredClose,
  finWait2,
  resetStorm,
  backlogDrops,
  keepaliveLate,
  timeWaitBuckets,
  serverClosesFirst,
  noPooling,
  traceLoss,
  timeWaitHarmless,
];

/** The most findings of a rule; the rest are only counted. */
const MOST_OF_A_RULE = 100;
const RANK: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

/** All current problems, worst first. Cheap enough to run every second, even with 100,000 sockets. */
export function diagnose(tables: Tables, options: DiagnoseOptions): readonly Finding[] {
  const situation = buildSituation(tables, options);
  const findings = RULES.flatMap((rule) => bounded(rule(situation)));
  return findings.toSorted((a, b) => RANK[a.severity] - RANK[b.severity]);
}

function bounded(findings: readonly Finding[]): readonly Finding[] {
  const [first] = findings;
  const rest = findings.length - MOST_OF_A_RULE;
  if (first === undefined || rest <= 0) return findings;
  return [...findings.slice(0, MOST_OF_A_RULE), left(first, rest)];
}

/** Reports how many more findings there are. */
function left({ id, severity, sources }: Finding, rest: number): Finding {
  const title = `${formatPlural(rest, "more finding")} of this kind (${id}) not shown`;
  const advice = ["narrow down with --filter, for example proc: or pid:"];
  return { id, severity, title, pid: null, comm: null, evidence: { notShown: rest }, advice, avoid: [], sources };
}
