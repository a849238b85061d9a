/** What could not be read of a recording. */
export class Faults {
  damagedBlocks = 0;
  damagedLines = 0;
  /** Surveys and other events of several lines, some of which are missing. */
  damagedEvents = 0;
  lostTransitions = 0;
  /** Lines of an unknown kind, which a newer tcptrace has written. */
  unknownLines = 0;
  /** Compressed bytes that could not be unpacked. */
  skippedBytes = 0;
  isHeaderDamaged = false;
  /** The recording ends in the middle, or is still being written. */
  isCut = false;

  /** One line of text for each kind of fault. */
  describe(): string[] {
    const lines: string[] = [];
    if (this.isHeaderDamaged) lines.push("damaged header: user names are unknown");
    if (this.damagedBlocks + this.damagedLines + this.damagedEvents + this.skippedBytes > 0) {
      const damage = [
        part(this.damagedBlocks, "block"),
        part(this.damagedLines, "line"),
        part(this.damagedEvents, "survey"),
        part(this.skippedBytes, "compressed byte"),
      ].filter((text) => text !== "");
      const lost = part(this.lostTransitions, "transition");
      lines.push(`damaged: ${damage.join(", ")}${lost === "" ? "" : `; lost ${lost}`}`);
    }
    if (this.unknownLines > 0) lines.push(`skipped ${part(this.unknownLines, "line")} written by a newer tcptrace`);
    if (this.isCut) lines.push("incomplete: it was cut off, or is still being written");
    return lines;
  }
}

function part(count: number, what: string): string {
  return count === 0 ? "" : `${count} ${what}${count === 1 ? "" : "s"}`;
}
