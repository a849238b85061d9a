// Numbers and units for people to read.

/** `0.4s 12s 3m04s 2h10m 4d`, rounded down, so that it lasted at least that long. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (!Number.isFinite(seconds)) return "-";
  if (seconds < 10) return `${(Math.floor(seconds * 10) / 10).toFixed(1)}s`;
  if (seconds < 60) return `${Math.floor(seconds)}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${twoDigits(Math.floor(seconds % 60))}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h${twoDigits(Math.floor((seconds % 3600) / 60))}m`;
  return `${scaled(Math.floor(seconds / 86_400))}d`;
}

/** A configured duration, such as a threshold, as a user would type it: `250ms 1s 1.5s 60s 5m 2h`. */
export function formatSetting(ms: number): string {
  if (ms < 1000 || !Number.isFinite(ms)) return `${ms}ms`;
  if (ms <= 60_000) return `${Number((ms / 1000).toFixed(3))}s`;
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms % 60_000 === 0) return `${ms / 60_000}m`;
  return formatDuration(ms);
}

/** A whole number for people, its digits in groups: `1,234,567`. */
export function formatNumber(number: number): string {
  return number < 1000 ? String(number) : String(number).replaceAll(/(?<!\.\d*)\B(?=(?:\d{3})+(?!\d))/g, ",");
}

/** Exact below 10,000, then `12.3k`, at most five columns. */
export function formatCount(number: number): string {
  return number < 10_000 ? formatNumber(number) : scaled(number);
}

/** A number per second: `0 <0.1 0.4 12.3 456 12.3k`. */
export function formatRate(perSecond: number): string {
  if (!(perSecond > 0)) return "0";
  if (perSecond < 0.1) return "<0.1";
  if (perSecond < 100) return (Math.floor(perSecond * 10) / 10).toFixed(1).replace(/\.0$/, "");
  return formatCount(Math.floor(perSecond));
}

/** `1 socket`, `2 sockets`, `1,234 sockets`. */
export function formatPlural(number: number, one: string, many: string = `${one}s`): string {
  return `${formatNumber(number)} ${number === 1 ? one : many}`;
}

function scaled(number: number): string {
  if (number < 10_000) return String(number);
  let value = number;
  for (const unit of ["k", "M", "G", "T"]) {
    value /= 1000;
    if (value < 100) return `${(Math.floor(value * 10) / 10).toFixed(1)}${unit}`;
    if (value < 1000) return `${Math.floor(value)}${unit}`;
  }
  return ">999T";
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}
