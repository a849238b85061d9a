import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSettings, settingsText, uiWith } from "#src/commands/top/settings.ts";
import { UserError } from "#src/base/errors.ts";
import { goTo, initialUi } from "#src/view/screen/tabs.ts";
import { levelOf } from "#src/view/state/top-ui.ts";

describe("a settings file", () => {
  test("is read as it was written", () => {
    const ui = initialUi(2000);
    const stuck = { ...levelOf(goTo(ui, "stuck")), sort: "age", reverse: true };
    const chosen = { ...ui, tab: "timeWait", tabs: { ...ui.tabs, stuck } };
    const text = settingsText(chosen, { theme: "mono", mouse: true, stuckAfter: 1500 });
    const settings = parseSettings(text, "f");
    expect(settings).toMatchObject({ theme: "mono", mouse: true, interval: 2000, stuckAfter: 1500, view: "timeWait" });
    expect(uiWith(initialUi(2000), settings)).toEqual(chosen);
  });

  test("may give a time as a bare number of seconds", () => {
    expect(parseSettings('{"interval":"2","stuckAfter":"0.5"}', "f")).toEqual({ interval: 2000, stuckAfter: 500 });
  });

  test.each([
    ["{", "not valid JSON"],
    ["[]", "expected object"],
    ['{"theme":"pink"}', "theme: "],
    ['{"interval":"1ms"}', "interval: must be a duration of at least 100ms"],
    ['{"interval":5}', "interval: "],
    ['{"sort":{"stuck":"nonsense"}}', "sort.stuck: must be one of "],
    ['{"colour":1}', "colour"],
    ['{"\\u001b[31m":1}', "x1b"],
  ])("%s is refused in one line that says why", (text, why) => {
    expect(() => parseSettings(text, "some/file")).toThrow(UserError);
    try {
      parseSettings(text, "some/file");
    } catch (error) {
      expect(String(error)).toContain("some/file: ");
      expect(String(error)).toContain(why);
      // oxlint-disable-next-line no-control-regex -- text of the file must not reach the terminal raw
      expect(String(error)).not.toMatch(/[\x00-\x1f\x7f]/);
    }
  });

  test("of any content is accepted or refused, and never a crash", () => {
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
