import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

export interface SourceFile {
  /** Relative to the folder that was read: `model/net/address.ts`. */
  readonly path: string;
  /** The folder it is in, "." for the top. */
  readonly room: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

interface Import {
  /** A file of the same tree, or the name of a package (`zod`, `node:fs`). */
  readonly target: string;
  readonly isFile: boolean;
  /** Loaded on demand by `await import()`. */
  readonly isLazy: boolean;
}

const STATEMENT = /^(?:import|export)\s[^;]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm;

/** Every TypeScript file below a folder, with its imports; type imports count. */
export function readSources(root: string): SourceFile[] {
  const names = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  return names.toSorted().map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    return { path, room: dirname(path), lines: text.split("\n").length - 1, imports: importsOf(path, text) };
  });
}

function importsOf(path: string, text: string): Import[] {
  return Array.from(text.matchAll(STATEMENT), ([, from, bare, lazy]) => {
    const target = from ?? bare ?? lazy ?? "";
    const isFile = target.startsWith(".");
    return {
      target: isFile ? normalize(join(dirname(path), target)) : packageOf(target),
      isFile,
      isLazy: lazy !== undefined,
    };
  });
}

/** The package of an import: `blessed` for `blessed/lib/colors.js`; `node:fs` stays as it is. */
function packageOf(target: string): string {
  if (target.startsWith("node:")) return "node:";
  return target.split("/", target.startsWith("@") ? 2 : 1).join("/");
}
