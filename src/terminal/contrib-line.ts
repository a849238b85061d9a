import { createRequire } from "node:module";
import type { BlessedScreen } from "./blessed-private.ts";

/** What we use of blessed-contrib's line chart; it has no usable types. */
export interface ContribLine {
  readonly ctx: { readonly _canvas: { frame(): string } };
  emit(event: "attach"): void;
  setData(series: readonly { readonly x: readonly string[]; readonly y: readonly number[] }[]): void;
}

interface ContribLineOptions {
  readonly screen: BlessedScreen;
  readonly width: number;
  readonly height: number;
  readonly maxY: number;
  readonly xPadding: number;
  readonly xLabelPadding: number;
  readonly numYLabels: number;
  readonly style: object;
}

let loaded: ((options: ContribLineOptions) => ContribLine) | undefined;

/**
 * A new chart from blessed-contrib. Only this file of it is loaded, when first needed: its index loads ten times as
 * much.
 */
export function newContribLine(options: ContribLineOptions): ContribLine {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has no types
  loaded ??= createRequire(import.meta.url)("blessed-contrib/lib/widget/charts/line.js") as typeof loaded & object;
  return loaded(options);
}
