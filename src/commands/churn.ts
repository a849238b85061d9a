import type { Command } from "commander";
import { type ViewFlags, addViewOptions, jsonOption, watchOption } from "./options.ts";
import type { Session } from "./run/session.ts";
import { type WatchFlags, watch } from "./run/watch.ts";
import { buildChurn } from "../model/reports/build-churn.ts";
import { churnJson } from "../view/print/churn-json.ts";
import { churnText } from "../view/print/churn-text.ts";

const USUAL_DURATION_MS = 10_000;

interface ChurnFlags extends ViewFlags, WatchFlags {
  readonly json: boolean;
}

/** Reports who makes TIME_WAIT, and how many ports are left: after `duration`, or at Ctrl-C. */
async function churn(flags: ChurnFlags, session: Session): Promise<void> {
  const seen = await watch(flags, USUAL_DURATION_MS, session, flags.filter);
  if (seen === null) return;
  const report = buildChurn(seen.tables);
  await session.write(flags.json ? churnJson(report) : churnText(report));
}

const CHURN_EXAMPLES = `
Examples:
  sudo tcptrace churn                      watch for 10 s, then report
  sudo tcptrace churn --duration 1m --filter 'dst:10.0.0.5:5432'
  sudo tcptrace churn --json | jq '.destinations[] | select(.exhaustedInMs)'
`;

export function addChurn(program: Command, session: Session): void {
  addViewOptions(program.command("churn"))
    .description("show who makes TIME_WAIT, toward which destinations, and how many ports are left")
    .addOption(jsonOption())
    .addOption(watchOption("10s"))
    .addHelpText("after", CHURN_EXAMPLES)
    .action((flags: ChurnFlags) => session.whileRead(() => churn(flags, session)));
}
