import blessed from "blessed";

/** A character cell: its attributes, and the bytes that draw it. */
export type Cell = [attribute: number, text: string];

export type CellLine = Cell[] & { dirty?: boolean };

/** The part of a blessed screen that we use; @types/blessed lacks much of it. */
export interface BlessedScreen {
  readonly cols: number;
  readonly rows: number;
  readonly lines: CellLine[];
  readonly program: { _buf: string; flush(): void; cols: number; rows: number };
  readonly tput: { readonly colors: number };
  render(): void;
  alloc(): void;
  realloc(): void;
  enter(): void;
  leave(): void;
  destroy(): void;
  on(event: "resize", listener: () => void): void;
  on(event: "keypress", listener: (char: string | undefined, key: BlessedKey) => void): void;
}

export interface BlessedKey {
  readonly full: string;
  readonly ctrl?: boolean;
  readonly meta?: boolean;
}

export interface BlessedTput {
  _prefix(terminal: string): string;
  parseTerminfo(data: Buffer, file: string): unknown;
  readTerminfo: (this: BlessedTput, terminal?: string) => unknown;
  readonly terminal: string;
}

interface BlessedLibrary {
  readonly Tput: { readonly prototype: BlessedTput };
  screen(options: object): BlessedScreen;
}

/** blessed, with types for what we use. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- @types/blessed leaves out what we need
export const library = blessed as unknown as BlessedLibrary;
