import type { Command } from "commander";
import { EXIT } from "../base/errors.ts";
import { type ViewFlags, addViewOptions, jsonOption, stuckAfterOption, watchOption } from "./options.ts";
import type { Session } from "./run/session.ts";
import { type WatchFlags, watch } from "./run/watch.ts";
import { buildLeaks } from "../model/reports/build-leaks.ts";
import { leaksJson } from "../view/print/leaks-json.ts";
import { leaksText } from "../view/print/leaks-text.ts";

interface LeaksFlags extends ViewFlags, WatchFlags {
  readonly json: boolean;
  readonly stuckAfter: number;
  /** List every socket whose owner is unknown. */
  readonly unowned: boolean;
  /** Exit 3 if any socket is stuck. */
  readonly fail: boolean;
}

/** Reports who holds sockets in CLOSE_WAIT: after `duration`, or at Ctrl-C with what is known by then. */
async function leaks(flags: LeaksFlags, session: Session): Promise<void> {
  const { filter, json, stuckAfter, unowned, fail } = flags;
  const seen = await watch(flags, 0, session);
  if (seen === null) return;
  const report = buildLeaks(seen.tables, { filter, stuckAfterMs: stuckAfter });
  await session.write(json ? leaksJson(report, seen.userName) : leaksText(report, seen.userName, unowned));
  const isStuck = report.processes.length > 0 || report.unowned.length > 0;
  if (fail && isStuck) session.exitCode = EXIT.stuck;
}

const LEAKS_EXAMPLES = `
Examples:
  sudo tcptrace leaks                      who holds sockets in CLOSE_WAIT now
  sudo tcptrace leaks --duration 30s       also how fast they grow, and when descriptors run out
  sudo tcptrace leaks --fail --json | jq '.processes[] | {pid, comm, stuck}'
  sudo tcptrace leaks --filter 'proc:api !dst:10.0.0.0/8 age:>5m'
`;

export function addLeaks(program: Command, session: Session): void {
  addViewOptions(program.command("leaks"))
    .description("show which processes hold sockets in CLOSE_WAIT, how many, since when, until when")
    .addOption(jsonOption())
    .addOption(watchOption("0s"))
    .addOption(stuckAfterOption())
    .option("--unowned", "list every socket whose owner is unknown", false)
    .option("--fail", "exit 3 if any socket is stuck", false)
    .addHelpText("after", LEAKS_EXAMPLES)
    .action((flags: LeaksFlags) => session.whileRead(() => leaks(flags, session)));
}
