/** The second that was formatted last: most times are in the same one. */
let lastSecond = NaN;
let lastText = "";

/** A number that is new to V8 takes it longer to print than the rest of a line. */
const THREE_DIGITS = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, "0"));

/** A whole number below 1000, with its zeros. */
export function threeDigits(number: number): string {
  return THREE_DIGITS[number] ?? "";
}

/** ISO 8601 UTC with microseconds, as many digits as the kernel's clock is good for. `wallMs` after the Unix epoch. */
export function isoTime(wallMs: number): string {
  const second = Math.floor(wallMs / 1000);
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toISOString().slice(0, 20);
    lastSecond = second;
  }
  const micros = Math.min(999_999, Math.floor((wallMs - second * 1000) * 1000));
  return `${lastText}${threeDigits(Math.floor(micros / 1000))}${threeDigits(micros % 1000)}Z`;
}

/** `HH:MM:SS.uuuuuu` UTC. */
export function clockTime(wallMs: number): string {
  return isoTime(wallMs).slice(11, -1);
}
