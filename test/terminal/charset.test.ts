import { expect, test } from "vitest";
import { takesUnicode } from "#src/terminal/charset.ts";

test.each([
  [{}, true],
  [{ TERM: "xterm", LANG: "C" }, true],
  [{ TERM: "xterm", LANG: "de_DE.UTF-8" }, true],
  [{ LC_ALL: "en_US.utf8", LANG: "de_DE.ISO-8859-1" }, true],
  [{ LANG: "de_DE.ISO-8859-1" }, false],
  [{ LC_CTYPE: "ja_JP.eucJP", LANG: "en_US.UTF-8" }, false],
  [{ TERM: "linux", LANG: "en_US.UTF-8" }, false],
])("%j supports Unicode: %s", (environment, expected) => {
  expect(takesUnicode(environment)).toBe(expected);
});
