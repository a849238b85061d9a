import type { Filter } from "../../model/filter/filter.ts";
import type { TopData } from "./top-data.ts";
import type { TopSource } from "./top-source.ts";
import { type Level, type TopUi, levelOf } from "./top-ui.ts";

/**
 * Everything that decides what a view asks for. While none of it changes, the last answer is shown until the next tick.
 */
export interface Wish
  extends Pick<Level, "place" | "sort" | "reverse" | "isFollowing">, Pick<TopUi, "grouping" | "onlySuspicious"> {
  /** The filters of the command line and of the keyboard together. */
  readonly filter: Filter;
}

/** The wish of the level on the screen, without its filter. */
export function wishOf(ui: TopUi): Omit<Wish, "filter"> {
  const { place, sort, reverse, isFollowing } = levelOf(ui);
  const { grouping, onlySuspicious } = ui;
  return { place, sort, reverse, isFollowing, grouping, onlySuspicious };
}

/** What a view asks of the model. Each question has its own type of answer. */
export interface Question<Answer extends object> {
  /** The answer's field in the JSON that `w` writes. */
  readonly name: string;
  readonly ask: (source: TopSource, wish: Wish) => Answer | null;
  /** The answer on the screen; null when there is none or it answers another question. */
  readonly answerIn: (data: Pick<TopData, "answer">) => Answer | null;
  /** The answer as JSON, with at most this many rows. */
  readonly json: (data: Pick<TopData, "answer">, most: number) => unknown;
}

interface Asking<Answer> extends Pick<Question<object>, "name"> {
  readonly ask: (source: TopSource, wish: Wish) => Answer | null;
  /** Without it the answer is written unchanged. */
  readonly json?: (answer: Answer, most: number) => unknown;
}

/** Makes a question that recognises its own answers, so the rest of the program need not know their type. */
export function question<Answer extends object>(asking: Asking<Answer>): OwnQuestion<Answer> {
  const mine = new WeakSet<object>();
  const isMine = (answer: object): answer is Answer => mine.has(answer);
  const own = (answer: Answer): Answer => {
    mine.add(answer);
    return answer;
  };
  const answerIn = ({ answer }: Pick<TopData, "answer">): Answer | null =>
    answer !== null && isMine(answer) ? answer : null;
  return {
    name: asking.name,
    ask: (source, wish) => {
      const answer = asking.ask(source, wish);
      return answer === null ? null : own(answer);
    },
    own,
    answerIn,
    json: (data, most) => {
      const answer = answerIn(data);
      return answer === null || asking.json === undefined ? answer : asking.json(answer, most);
    },
  };
}

/** A question as its view sees it. */
interface OwnQuestion<Answer extends object> extends Question<Answer> {
  /** Marks this as one of its answers. */
  readonly own: (answer: Answer) => Answer;
}
