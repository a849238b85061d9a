import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSettings, settingsText, uiWith } from "#src/commands/top/settings.ts";
import { UserError } from "#src/base/errors.ts";
import { goTo, initialUi } from "#src/view/screen/tabs.ts";
import { levelOf } from "#src/view/state/top-ui.ts";

describe("what a file says", () => {
  test("comes back as it was kept", () => {
    const ui = initialUi(2000);
    const stuck = { ...levelOf(goTo(ui, "stuck")), sort: "age", reverse: true };
    const chosen = { ...ui, tab: "timeWait", tabs: { ...ui.tabs, stuck } };
    const text = settingsText(chosen, { theme: "mono", mouse: true, stuckAfter: 1500 });
    const settings = parseSettings(text, "f");
    expect(settings).toMatchObject({ theme: "mono", mouse: true, interval: 2000, stuckAfter: 1500, view: "timeWait" });
    expect(uiWith(initialUi(2000), settings)).toEqual(chosen);
  });

  test.each([
    ["{", "it is no JSON"],
    ["[]", "expected object"],
    ['{"theme":"pink"}', "theme: "],
    ['{"interval":"1ms"}', "interval: write a duration from 100ms on"],
    ['{"interval":5}', "interval: "],
    ['{"sort":{"stuck":"nonsense"}}', "sort.stuck: it is "],
    ['{"colour":1}', "colour"],
    ['{"\\u001b[31m":1}', "x1b"],
  ])("%s is refused in one line that says what is wrong", (text, why) => {
    expect(() => parseSettings(text, "some/file")).toThrow(UserError);
    try {
      parseSettings(text, "some/file");
    } catch (error) {
      expect(String(error)).toContain("some/file: ");
      expect(String(error)).toContain(why);
      // oxlint-disable-next-line no-control-regex -- nothing of the file may draw
      expect(String(error)).not.toMatch(/[\x00-\x1f\x7f]/);
    }
  });

  test("whatever it is, it is taken or refused, never a crash", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), fc.string({ unit: "binary" })), (text) => {
        try {
          parseSettings(text, "f");
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
    );
  });
});
