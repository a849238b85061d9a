/** What could not be read of a recording. */
export class Faults {
  damagedBlocks = 0;
  damagedLines = 0;
  /** Surveys and the like that have not all their lines. */
  damagedEvents = 0;
  lostTransitions = 0;
  /** Kinds of lines that a newer tcptrace writes. */
  unknownLines = 0;
  /** Compressed bytes that could not be unpacked. */
  skippedBytes = 0;
  isHeaderDamaged = false;
  /** It ends in the middle, or is still being written. */
  isCut = false;

  /** A line for each kind of fault, for people. */
  describe(): string[] {
    const lines: string[] = [];
    if (this.isHeaderDamaged) lines.push("the header is damaged: users have no names");
    if (this.damagedBlocks + this.damagedLines + this.damagedEvents + this.skippedBytes > 0) {
      const parts = [
        part(this.damagedBlocks, "damaged block"),
        part(this.damagedLines, "line"),
        part(this.damagedEvents, "survey"),
        part(this.skippedBytes, "compressed byte"),
        part(this.lostTransitions, "transition"),
      ].filter((text) => text !== "");
      lines.push(`damaged, and read around it: skipped ${parts.join(", ")}`);
    }
    if (this.unknownLines > 0) lines.push(`passed over ${part(this.unknownLines, "line")} of a newer tcptrace's`);
    if (this.isCut) lines.push("it was cut off, or is still being written: read up to there");
    return lines;
  }
}

function part(count: number, what: string): string {
  return count === 0 ? "" : `${count} ${what}${count === 1 ? "" : "s"}`;
}
