import { expect, test } from "vitest";
import { ModelSource } from "#src/commands/top/data/model-source.ts";
import { TopPicture } from "#src/commands/top/data/top-picture.ts";
import { MATCH_ALL } from "#src/model/filter/filter.ts";
import { Model } from "#src/model/fold/model.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import { lineText } from "#src/view/format/frame.ts";
import { pressKey } from "#src/view/keys/top-keys.ts";
import { initialUi } from "#src/view/screen/tabs.ts";
import { TABS } from "#src/view/screen/views.ts";
import type { TopUi } from "#src/view/state/top-ui.ts";
import { topFrame, topList } from "#src/view/top-frame.ts";
import { holder, SECOND, survey, taskOf, tick, tracing, transition } from "#test/support/events/scenario.ts";

const SIZE = { columns: 160, rows: 40 };

interface Screen {
  readonly press: (...keys: readonly string[]) => void;
  /** One second passes, in which process 7 opens a connection that its peer closes. */
  readonly leak: () => void;
  /** The lines below the header, whose clock always runs. */
  readonly rows: () => string[];
}

/** `top` on a machine with one process that leaks. */
function open(): Screen {
  const model = new Model();
  const source = new ModelSource(model, 500);
  let at = SECOND;
  model.fold({ kind: "anchor", at, wallMs: Date.UTC(2026, 4, 1) });
  model.fold(tracing(at));
  model.fold(survey(at, [], [holder(7)]));
  const picture = new TopPicture({ source, filter: MATCH_ALL, host: "" });
  let ui: TopUi = initialUi(1000);
  let port = 40_000;
  const leak = (): void => {
    port++;
    const socket = { address: port, localPort: port, inode: port };
    model.fold(transition((at += SECOND / 2), TCP.CLOSE, TCP.SYN_SENT, { ...socket, task: taskOf(7) }));
    model.fold(transition(at + 1, TCP.SYN_SENT, TCP.ESTABLISHED, socket));
    model.fold(transition(at + 2, TCP.ESTABLISHED, TCP.CLOSE_WAIT, socket));
    model.fold(tick((at += SECOND / 2)));
    picture.renew(ui);
  };
  const press = (...keys: readonly string[]): void => {
    for (const key of keys) {
      const before = ui;
      ui = pressKey(ui, key, topList(picture.at(ui), ui, SIZE)).ui;
      if (before.paused === null && ui.paused !== null) picture.freeze();
      if (before.paused !== null && ui.paused === null) picture.thaw(ui);
    }
  };
  const rows = (): string[] => {
    const lines = topFrame(picture.at(ui), ui, SIZE).map(lineText);
    const place = lines.findIndex((line) => line.startsWith(" 1 processes ") || line.includes(" > "));
    expect(place).toBeGreaterThan(0);
    return lines.slice(place + 1).map((line) => line.trimEnd());
  };
  leak();
  leak();
  return { press, leak, rows };
}

test.each([
  ...TABS.map(({ id }, index): [string, string[]] => [id, [String(index + 1)]]),
  ["sockets", ["enter"]],
  ["socket", ["enter", "enter"]],
])("%s does not change while paused", (_, keys) => {
  const { press, leak, rows } = open();
  press("p", ...keys);
  const paused = rows();
  leak();
  expect(rows()).toEqual(paused);
});

test.each([[["1"]], [["2"]], [["4"]], [["5"]], [["t"]], [["enter"]], [["enter", "enter"]]])(
  "%j changes again after a pause",
  (keys) => {
    const { press, leak, rows } = open();
    press("p", ...keys);
    const paused = rows();
    leak();
    press("p");
    expect(rows()).not.toEqual(paused);
  },
);

test("a stream stays in place from a cursor move until it is followed again, through other views and pauses", () => {
  const { press, leak, rows } = open();
  press("4");
  const before = rows();
  leak();
  expect(rows()).not.toEqual(before);
  press("k");
  const held = rows();
  leak();
  expect(rows()).toEqual(held);
  press("enter", "escape", "p");
  leak();
  press("p");
  expect(rows()).toEqual(held);
  press("f");
  expect(rows()).not.toEqual(held);
});
