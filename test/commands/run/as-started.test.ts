import { describe, expect, test } from "vitest";
import { run } from "#src/commands/program.ts";
import { adviceAsStarted, asStarted, helpAsStarted, withoutRoot } from "#src/commands/run/as-started.ts";

import { keptSession } from "#test/support/machine/session.ts";

const INSTALLED = { plain: "tcptrace", asRoot: "sudo tcptrace", againAsRoot: "sudo tcptrace top" };
const CHECKOUT = { plain: "./tcptrace", asRoot: "./tcptrace", againAsRoot: "sudo /opt/node /src/build/cli.js top" };
const ABSOLUTE = {
  plain: "tcptrace",
  asRoot: "sudo /opt/node /lib/cli.js",
  againAsRoot: "sudo /opt/node /lib/cli.js top",
};

describe("a text", () => {
  test.each([
    ["see `tcptrace doctor`", "see `./tcptrace doctor`", "see `tcptrace doctor`"],
    [
      "find it (sudo tcptrace leaks), then",
      "find it (./tcptrace leaks), then",
      "find it (sudo /opt/node /lib/cli.js leaks), then",
    ],
    ["see `tcptrace --help`", "see `./tcptrace --help`", "see `tcptrace --help`"],
    ["try: tcptrace leaks --help", "try: ./tcptrace leaks --help", "try: tcptrace leaks --help"],
    ["try: tcptrace help --help", "try: ./tcptrace help --help", "try: tcptrace help --help"],
  ])("%s becomes a command that works", (text, inCheckout, absolute) => {
    expect(asStarted(text, INSTALLED)).toBe(text);
    expect(asStarted(text, CHECKOUT)).toBe(inCheckout);
    expect(asStarted(text, ABSOLUTE)).toBe(absolute);
    expect(asStarted(inCheckout, CHECKOUT)).toBe(inCheckout);
  });

  test.each([
    "tcptrace reports their owners",
    "tcptrace topples over",
    "tcptrace helps",
    "tcptrace: not root",
    "ssh host sudo tcptrace record -w -",
    "ssh host tcptrace record -w -",
    "/usr/bin/tcptrace top",
  ])("%s stays as it is", (text) => {
    expect(asStarted(text, CHECKOUT)).toBe(text);
  });

  test("is also rewritten in the advice of a finding", () => {
    const finding = { id: "leak", advice: ["see them: sudo tcptrace leaks", "close them"] };
    expect(adviceAsStarted()(finding).advice[1]).toBe("close them");
    expect(adviceAsStarted()(finding)).toMatchObject({ id: "leak" });
  });
});

describe("a page of help", () => {
  const HELP = [
    "Usage: tcptrace top [options]",
    "",
    "Examples:",
    "  sudo tcptrace top                 who holds what",
    "  sudo tcptrace record -w FILE      to a file; then tcptrace top -r FILE",
    "  tcptrace doctor                   what is missing",
    "  ssh host sudo tcptrace record -w - | tcptrace top -r -",
    "",
  ].join("\n");

  test("is unchanged for an installed tcptrace", () => {
    expect(helpAsStarted(HELP, INSTALLED)).toBe(HELP);
    expect(helpAsStarted("Usage: tcptrace top [options]\n", CHECKOUT)).toBe("Usage: tcptrace top [options]\n");
  });

  test("has examples that work, and explanations in one column", () => {
    expect(helpAsStarted(HELP, CHECKOUT).split("\n")).toEqual([
      "Usage: tcptrace top [options]",
      "",
      "Examples:",
      "  ./tcptrace top                    who holds what",
      "  ./tcptrace record -w FILE         to a file; then ./tcptrace top -r FILE",
      "  ./tcptrace doctor                 what is missing",
      "  ssh host sudo tcptrace record -w - | ./tcptrace top -r -",
      "",
    ]);
  });
});

test("without root, the text ends with the command that shows everything", () => {
  expect(withoutRoot(CHECKOUT)).toMatch(/: sudo \/opt\/node \/src\/build\/cli\.js top$/);
});

test("every command of the help page is known", async () => {
  const { session, stdout } = keptSession();
  await run(["node", "tcptrace", "--help"], session);
  const names = Array.from(stdout().matchAll(/^ {2}([a-z]+) \[/gm), ([, name]) => name ?? "");
  expect(names).toContain("top");
  for (const name of names) expect(asStarted(`tcptrace ${name} x`, CHECKOUT)).toBe(`./tcptrace ${name} x`);
});
