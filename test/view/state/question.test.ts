import { expect, test } from "vitest";
import { question } from "#src/view/state/question.ts";

const numbers = question<readonly number[]>({
  name: "numbers",
  ask: (_, { onlySuspicious }) => (onlySuspicious ? null : [1, 2, 3]),
  json: (answer, most) => answer.slice(0, most),
});
const others = question<readonly number[]>({ name: "others", ask: () => [4] });

test("a question reads its own answers and no others", () => {
  const answer = numbers.own([1, 2, 3]);
  expect(numbers.answerIn({ answer })).toBe(answer);
  expect(others.answerIn({ answer })).toBeNull();
  expect(numbers.answerIn({ answer: [1, 2, 3] })).toBeNull();
  expect(numbers.answerIn({ answer: null })).toBeNull();
});

test("an answer is written by its question's function, or unchanged; that of another question is null", () => {
  const answer = numbers.own([1, 2, 3]);
  expect(numbers.json({ answer }, 2)).toEqual([1, 2]);
  expect(others.json({ answer }, 2)).toBeNull();
  expect(others.json({ answer: others.own([5, 6, 7]) }, 2)).toEqual([5, 6, 7]);
});
