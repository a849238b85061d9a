const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `500ms`, `10s`, `1.5m`, `2h` in milliseconds; null for anything else. */
export function parseDurationMs(text: string): number | null {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  return number === undefined ? null : Number(number) * (UNIT_MS[unit] ?? NaN);
}

/** The same, and a bare number means seconds, as in `sleep 5` and `tcpdump -G 60`. */
export function parseSecondsMs(text: string): number | null {
  return parseDurationMs(/^[\d.]+$/.test(text) ? `${text}s` : text);
}
