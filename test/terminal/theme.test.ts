import { describe, expect, test } from "vitest";
import { chooseTheme } from "#src/terminal/theme.ts";
import { nextTheme, type ThemeName, THEMES } from "#src/view/format/theme-names.ts";

const OWN = 0x1ff;
const foreground = (attribute: number): number => (attribute >> 9) & 0x1ff;
const background = (attribute: number): number => attribute & 0x1ff;
const flags = (attribute: number): number => attribute >> 18;

describe.each(THEMES)("%s", (name) => {
  test.each([8, 16, 256])("shows bad, warn and good differently in %i colours", (colors) => {
    const { bad, warn, good, plain } = chooseTheme(name, true, colors);
    expect(new Set([bad, warn, name === "mono" ? -1 : good, plain]).size).toBe(4);
  });

  test("uses no colour if none is wanted or the terminal has none", () => {
    for (const theme of [chooseTheme(name, false, 256), chooseTheme(name, true, 2)]) {
      for (const attribute of Object.values(theme)) {
        expect(foreground(attribute)).toBe(OWN);
        expect(background(attribute)).toBe(OWN);
      }
      expect(flags(theme.bad)).not.toBe(flags(theme.plain));
    }
  });
});

test("color-blind uses neither red nor green, and shows bad and warn differently without any colour", () => {
  for (const colors of [8, 16, 256]) {
    const theme = chooseTheme("color-blind", true, colors);
    for (const attribute of Object.values(theme)) expect([1, 2, 9, 10]).not.toContain(foreground(attribute));
    expect(flags(theme.bad)).not.toBe(flags(theme.warn));
  }
});

test("T cycles through the themes", () => {
  let name: ThemeName = THEMES[0];
  const seen = THEMES.map(() => (name = nextTheme(name)));
  expect(new Set(seen).size).toBe(THEMES.length);
  expect(name).toBe("default");
});
