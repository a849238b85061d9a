import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "#test/support/project.ts";

/** The pages that readers start with. */
const PAGES = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "probes/README.md",
  "src/recording/README.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

/** A path as a page may write it: relative to the root, to `src`, or to the page. */
const PATHS = /`((?:[\w.-]+\/)+[\w.-]*[\w-]|[\w-]+\.(?:ts|bt|md))`/g;
/** A folder in a home, and what a recipe makes. */
const NOT_A_PATH = /^tcptrace\/config|\bmy-|<|\*/;
const LINKS = /\]\(([^)#:\s]+)(?:#[^)\s]*)?\)/g;

it.each(PAGES)("%s names only files and folders that exist", (page) => {
  const text = readFileSync(join(ROOT, page), "utf8");
  const isThere = (path: string): boolean =>
    ["", "src", dirname(page)].some((from) => existsSync(join(ROOT, from, path)));
  const top = new Set(readdirSync(ROOT).concat(readdirSync(join(ROOT, "src"))));
  const named = Array.from(text.matchAll(PATHS), ([, path]) => path ?? "").filter(
    (path) => top.has(path.split("/")[0] ?? "") && !NOT_A_PATH.test(path),
  );
  const linked = Array.from(text.matchAll(LINKS), ([, path]) => path ?? "");
  expect([...named, ...linked].filter((path) => !isThere(path))).toEqual([]);
});
