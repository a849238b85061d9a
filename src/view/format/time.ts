/** The second that was formatted last: most times are in the same one. */
let lastSecond = NaN;
let lastText = "";

/** `2026-05-01T22:14:07`, so many seconds after the Unix epoch, UTC. */
export function secondText(second: number): string {
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toISOString().slice(0, 19);
    lastSecond = second;
  }
  return lastText;
}

/** Whole microseconds after the begin of this second. `wallMs` after the Unix epoch. */
export function microsOfSecond(wallMs: number, second: number): number {
  return Math.min(999_999, Math.floor((wallMs - second * 1000) * 1000));
}

/** ISO 8601 UTC with microseconds, as many digits as the kernel's clock is good for. `wallMs` after the Unix epoch. */
export function isoTime(wallMs: number): string {
  const second = Math.floor(wallMs / 1000);
  return `${secondText(second)}.${String(microsOfSecond(wallMs, second)).padStart(6, "0")}Z`;
}

/** `HH:MM:SS.uuuuuu` UTC. */
export function clockTime(wallMs: number): string {
  return isoTime(wallMs).slice(11, -1);
}
