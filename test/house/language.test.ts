import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "#test/support/project.ts";

/** Words that read like a translation, with the plain ones. CONTRIBUTING.md asks for the English of a good man page. */
const BANNED: readonly (readonly [RegExp, string])[] = [
  [/\bnot to be had\b/i, "not available"],
  [/\bmend(?:s|ed|ing)?\b/i, "fix, repair"],
  [/\banew\b/i, "again"],
  [/\b(?:tells?|told|telling)\b/i, "report, print, say, show"],
  [/\bso many\b|\bas many as\b/i, "N, the number of"],
  [/\b(?:whence|whereof|thereof|whoever|whomever)\b/i, "from where, of which, the process that"],
  [/\bof late\b/i, "recently"],
  [/\b(?:draws?|drawn|drew) up\b/i, "build"],
  [/\bfor want of\b/i, "without, permission denied"],
  [/\bforg(?:ot|et|ets|otten) to\b/i, "did not"],
  [/\bgives? way\b|\bgoes on from there\b|\bwhat comes of\b/i, "yields, then, the result of"],
  [/(?<!\bthere )\bis no (?!longer\b|more\b|such\b)[a-z]+/i, "is not a"],
  [/\bhas no more\b|\bhave no more\b/i, "no longer has"],
  [/\bstands? (?:under|beside|with|for|there|in its)\b/i, "is listed, is"],
  [/\bat hand\b|\bup to here all\b|\ball the same\b/i, "current, everything up to this time, still"],
];

/** Where a banned word is right: a name that old recordings contain. */
const ALLOWED: readonly RegExp[] = [/\btold: (?:nanos|clock)|\breadonly told\b|\bimage\.told\b/];

const FOLDERS = ["src", "probes", "docs"];
const PAGES = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];

function textFiles(): string[] {
  const inFolders = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(?:ts|bt|md)$/.test(name))
      .map((name) => `${folder}/${name}`),
  );
  return [...inFolders, ...PAGES];
}

it("is plain English everywhere that somebody reads", () => {
  const found = textFiles().flatMap((file) =>
    readFileSync(join(ROOT, file), "utf8")
      .split("\n")
      .flatMap((line, index) =>
        BANNED.filter(([word]) => word.test(line) && !ALLOWED.some((allowed) => allowed.test(line))).map(
          ([word, plain]) => `${file}:${index + 1}: ${word.exec(line)?.[0]} (${plain})`,
        ),
      ),
  );
  expect(found).toEqual([]);
});
