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

/** What hurts most first: of two findings as severe, that of the earlier rule. */
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

/** Past so many findings of one rule the rest are counted. */
const MOST_OF_A_RULE = 100;
const RANK: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

/** All that is wrong at this moment, the worst first. Cheap enough for once a second, with 100,000 sockets too. */
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

/** Says that there are more like these. */
function left({ id, severity, sources }: Finding, rest: number): Finding {
  const title = `${rest} more findings like these (${id}) are not shown`;
  const advice = ["choose with --filter, such as proc: or pid:"];
  return { id, severity, title, pid: null, comm: null, evidence: { notShown: rest }, advice, avoid: [], sources };
}
