import { formatDuration, formatPlural } from "../../base/quantity.ts";
import { safeText } from "../../base/text.ts";
import type { Snapshot } from "../../model/reports/snapshot.ts";

export interface Message {
  /** Unix epoch. */
  readonly wallMs: number;
  readonly text: string;
}

const MOST = 500;

/** The last 500 messages. */
export class Messages {
  #all: readonly Message[] = [];

  get all(): readonly Message[] {
    return this.#all;
  }

  add(wallMs: number, text: string): void {
    this.#all = [...this.#all.slice(1 - MOST), { wallMs, text: safeText(text) }];
  }

  /** Adds a message for each notable change between two snapshots of a run. */
  compare(before: Snapshot | null, after: Snapshot): void {
    for (const text of changes(before, after)) this.add(after.wallMs, text);
  }
}

function changes(before: Snapshot | null, after: Snapshot): string[] {
  const texts: string[] = [];
  const source = `${after.source ?? "no source"}: ${after.sourceDetail}`;
  if (before === null || before.source !== after.source || before.sourceDetail !== after.sourceDetail) {
    texts.push(source);
  }
  const lost = after.lost - (before?.lost ?? 0);
  if (lost > 0) texts.push(`${formatPlural(lost, "transition")} lost`);
  const gapMs = after.gapMs - (before?.gapMs ?? 0);
  if (gapMs > 0) texts.push(`nothing was traced for ${formatDuration(gapMs)}`);
  if (!after.complete && before?.complete !== false) texts.push("some processes could not be read");
  if (after.complete && before?.complete === false) texts.push("all processes can be read again");
  const dropped = after.dropped - (before?.dropped ?? 0);
  if (dropped > 0)
    texts.push(`${formatPlural(dropped, "socket or process", "sockets or processes")} not kept: table full`);
  return texts;
}
