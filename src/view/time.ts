/** ISO 8601 UTC with microseconds, as many digits as the kernel's clock is good for. `wallMs` after the Unix epoch. */
export function isoTime(wallMs: number): string {
  const whole = Math.floor(wallMs);
  const micros = Math.min(999, Math.floor((wallMs - whole) * 1000));
  return `${new Date(whole).toISOString().slice(0, -1)}${String(micros).padStart(3, "0")}Z`;
}

/** `HH:MM:SS.uuuuuu` UTC. */
export function clockTime(wallMs: number): string {
  return isoTime(wallMs).slice(11, -1);
}
