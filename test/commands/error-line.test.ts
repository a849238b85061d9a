import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ERRORS, UserError } from "#src/base/errors.ts";
import { errorLine, exitCodeOf } from "#src/commands/error-line.ts";
import { ROOT } from "#test/support/project.ts";

test("a failure is its message and its hint", () => {
  const error = new UserError("no-proc", "/proc is not mounted", "mount it");
  expect(errorLine(error, false)).toBe("tcptrace: /proc is not mounted: mount it\n");
  expect(JSON.parse(errorLine(error, true))).toEqual({
    error: { code: "no-proc", message: "/proc is not mounted", hint: "mount it", exitCode: 1 },
  });
  expect(exitCodeOf(error)).toBe(1);
});

test.each([new TypeError("x is undefined"), "x is undefined"])("anything else is a bug: %s", (thrown) => {
  expect(errorLine(thrown, false)).toMatch(/^tcptrace: this is a bug in tcptrace, please report it: .*x is undefined/);
  const line = errorLine(thrown, true);
  expect(line).toMatch(/^[^\n]+\n$/);
  const message: unknown = expect.stringMatching(/^this is a bug in tcptrace: .*x is undefined/);
  expect(JSON.parse(line)).toEqual({ error: { code: "internal", message, hint: "please report it", exitCode: 1 } });
  expect(exitCodeOf(thrown)).toBe(1);
});

test("docs/errors.md lists every code with its exit code", () => {
  const text = readFileSync(join(ROOT, "docs/errors.md"), "utf8");
  const rows = [...text.matchAll(/^\| `([a-z-]+)` \| (\d) \|/gm)].map(([, code, exit]) => [code, Number(exit)]);
  expect(rows).toEqual([...Object.entries(ERRORS), ["internal", 1]]);
});
