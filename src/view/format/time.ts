/** The last second formatted: consecutive times are mostly in the same one. */
let lastSecond = NaN;
let lastText = "";

/** `2026-05-01T22:14:07` UTC, for a number of seconds after the Unix epoch. */
export function secondText(second: number): string {
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toISOString().slice(0, 19);
    lastSecond = second;
  }
  return lastText;
}

/** Whole microseconds since the start of this second; `wallMs` is milliseconds after the Unix epoch. */
export function microsOfSecond(wallMs: number, second: number): number {
  return Math.min(999_999, Math.floor((wallMs - second * 1000) * 1000));
}

/**
 * ISO 8601 UTC with microseconds, the precision of the kernel's clock; `wallMs` is milliseconds after the Unix epoch.
 */
export function isoTime(wallMs: number): string {
  const second = Math.floor(wallMs / 1000);
  return `${secondText(second)}.${String(microsOfSecond(wallMs, second)).padStart(6, "0")}Z`;
}

/** `HH:MM:SS.uuuuuu` UTC. */
export function clockTime(wallMs: number): string {
  return isoTime(wallMs).slice(11, -1);
}
