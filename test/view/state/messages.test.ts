import { expect, test } from "vitest";
import { Messages } from "#src/view/state/messages.ts";
import { snapshot } from "#test/support/samples/snapshots.ts";

test("a change between two snapshots is one message", () => {
  const messages = new Messages();
  const first = snapshot();
  const second = snapshot({ wallMs: first.wallMs + 1000, lost: 3, gapMs: 2000, complete: false });
  const third = snapshot({ ...second, source: "proc", sourceDetail: "bpftrace died" });
  messages.compare(null, first);
  messages.compare(first, first);
  messages.compare(first, second);
  messages.compare(second, second);
  messages.compare(second, third);
  expect(messages.all.map(({ text }) => text)).toEqual([
    "bpf: bpftrace 0.17.0, full probes",
    "3 transitions lost",
    "nothing was traced for 2.0s",
    "some processes could not be read",
    "proc: bpftrace died",
  ]);
});

test("the last 500 are kept, without control characters", () => {
  const messages = new Messages();
  for (let number = 0; number < 2000; number++) messages.add(number, `\u001B[31m${number}`);
  expect(messages.all).toHaveLength(500);
  expect(messages.all.at(-1)).toEqual({ wallMs: 1999, text: "\\x1b[31m1999" });
});
