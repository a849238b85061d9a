import type { Command } from "commander";
import { UserError } from "../base/errors.ts";
import { safeText } from "../base/text.ts";
import type { Session } from "./run/session.ts";
import { findPage, nearestTopics } from "../diagnosis/pages/find.ts";
import { pageText, topicsText } from "../view/print/explain-text.ts";

const LONGEST_TOPIC = 64;

/** Prints the page of a topic, or the list of topics. Throws UserError for an unknown topic. */
async function explain(topic: string | undefined, session: Session): Promise<void> {
  if (topic === undefined) {
    const { isTTY, columns } = session.stdout;
    return session.write(topicsText(isTTY === true ? (columns ?? null) : null));
  }
  const page = findPage(topic);
  if (page === null) {
    const name = safeText(topic.slice(0, LONGEST_TOPIC));
    const hint = `nearest: ${nearestTopics(topic).join(", ")}: try: tcptrace explain`;
    throw new UserError("unknown-topic", `explain: no page about '${name}'`, hint);
  }
  await session.write(pageText(page));
}

const EXPLAIN_EXAMPLES = `
Examples:
  tcptrace explain                         list the topics
  tcptrace explain close-wait              a state: what it waits for, what helps, what does not help
  tcptrace explain tcp_tw_recycle          a setting
  tcptrace explain ports-running-out       a finding of diagnose
`;

export function addExplain(program: Command, session: Session): void {
  program
    .command("explain")
    .argument("[topic]", "a state, a setting, or a finding of diagnose; omit it to list all topics")
    .description("explain a state, a setting or a finding: what helps and what does not")
    .addHelpText("after", EXPLAIN_EXAMPLES)
    .action((topic: string | undefined) => explain(topic, session));
}
