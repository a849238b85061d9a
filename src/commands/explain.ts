import type { Command } from "commander";
import { UserError } from "../base/errors.ts";
import { safeText } from "../base/text.ts";
import type { Session } from "./run/session.ts";
import { findPage, nearestTopics } from "../diagnosis/pages/find.ts";
import { pageText, topicsText } from "../view/print/explain-text.ts";

const LONGEST_TOPIC = 64;

/** Prints the page of a topic; without one, the list of topics. Throws UserError for a topic that there is no page of. */
async function explain(topic: string | undefined, session: Session): Promise<void> {
  if (topic === undefined) {
    const { isTTY, columns } = session.stdout;
    return session.write(topicsText(isTTY === true ? (columns ?? null) : null));
  }
  const page = findPage(topic);
  if (page === null) {
    const name = safeText(topic.slice(0, LONGEST_TOPIC));
    const hint = `nearest: ${nearestTopics(topic).join(", ")}; see \`tcptrace explain\``;
    throw new UserError("unknown-topic", `there is no page on '${name}'`, hint);
  }
  await session.write(pageText(page));
}

const EXPLAIN_EXAMPLES = `
Examples:
  tcptrace explain                         what there is to explain
  tcptrace explain close-wait              a state: what it waits for, what helps, what does not
  tcptrace explain tcp_tw_recycle          a setting
  tcptrace explain ports-running-out       a finding of diagnose
`;

export function addExplain(program: Command, session: Session): void {
  program
    .command("explain")
    .argument("[topic]", "a state, a setting, or a finding of diagnose; without one, the list of them")
    .description("what a state or a setting really does, what helps and what does not")
    .addHelpText("after", EXPLAIN_EXAMPLES)
    .action((topic: string | undefined) => explain(topic, session));
}
