/** The second that was formatted last: most times are in the same one. */
let lastSecond = NaN;
let lastText = "";

/** ISO 8601 UTC with microseconds, as many digits as the kernel's clock is good for. `wallMs` after the Unix epoch. */
export function isoTime(wallMs: number): string {
  const second = Math.floor(wallMs / 1000);
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toISOString().slice(0, 20);
    lastSecond = second;
  }
  // The leading 1 keeps the zeros.
  const micros = 1_000_000 + Math.min(999_999, Math.floor((wallMs - second * 1000) * 1000));
  return `${lastText}${String(micros).slice(1)}Z`;
}

/** `HH:MM:SS.uuuuuu` UTC. */
export function clockTime(wallMs: number): string {
  return isoTime(wallMs).slice(11, -1);
}
