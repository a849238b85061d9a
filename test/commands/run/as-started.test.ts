import { describe, expect, test } from "vitest";
import { adviceAsStarted, asStarted, helpAsStarted, withoutRoot } from "#src/commands/run/as-started.ts";

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
  ])("%s names a command that works", (text, inCheckout, absolute) => {
    expect(asStarted(text, INSTALLED)).toBe(text);
    expect(asStarted(text, CHECKOUT)).toBe(inCheckout);
    expect(asStarted(text, ABSOLUTE)).toBe(absolute);
    expect(asStarted(inCheckout, CHECKOUT)).toBe(inCheckout);
  });

  test.each([
    "tcptrace says whose they are",
    "tcptrace topples over",
    "tcptrace: not root",
    "ssh host sudo tcptrace record -w -",
    "ssh host tcptrace record -w -",
    "/usr/bin/tcptrace top",
  ])("%s stays as it is", (text) => {
    expect(asStarted(text, CHECKOUT)).toBe(text);
  });

  test("a finding's advice is one", () => {
    const finding = { id: "leak", advice: ["see them: sudo tcptrace leaks", "close them"] };
    expect(adviceAsStarted(finding).advice[1]).toBe("close them");
    expect(adviceAsStarted(finding)).toMatchObject({ id: "leak" });
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

  test("of an installed tcptrace is as it was written", () => {
    expect(helpAsStarted(HELP, INSTALLED)).toBe(HELP);
    expect(helpAsStarted("Usage: tcptrace top [options]\n", CHECKOUT)).toBe("Usage: tcptrace top [options]\n");
  });

  test("has examples that work, explained in one column", () => {
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

test("who is not root is told the command that shows everything", () => {
  expect(withoutRoot(CHECKOUT)).toMatch(/: sudo \/opt\/node \/src\/build\/cli\.js top$/);
});
