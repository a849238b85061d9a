import { formatDuration, formatPlural, formatRate, formatSetting } from "../../base/quantity.ts";
import type { HostRates } from "../../model/rates/counter-rates.ts";
import type { Poll, Snapshot } from "../../model/reports/snapshot.ts";
import { type Span, span } from "../format/frame.ts";

/** Data older than this number of intervals is shown as old. */
const OLD = 2;
const LATE_MS = 1000;

/**
 * Figures for the /proc source, a group per line: the age of the data, how often it is read and what that costs, and
 * what the kernel counted between polls. Empty when there is a tracer.
 */
export function pollFigures({ source, poll, host }: Snapshot): Span[][] {
  if (source !== "proc") return [];
  return [...(poll === null ? [] : [[pollSpan(poll)]]), ...(host === null ? [] : [hostSpans(host)])];
}

function hostSpans(host: HostRates): Span[] {
  const { connects, accepts, closed, failed, resets, aborts, timeWaits, listenOverflows } = host;
  const spans = [
    span("host-wide, from kernel counters:", "dim"),
    span(`${formatRate(connects)} connects/s`),
    span(`${formatRate(accepts)} accepts/s`),
    // Derived from other counters, not all of which count a connection that fails half-way.
    span(`about ${formatRate(closed)} closed/s`),
    span(`${formatRate(failed)} failed/s`),
    span(`${formatRate(resets)} resets/s`),
  ];
  if (aborts !== null) spans.push(span(`${formatRate(aborts)} aborts/s`));
  if (timeWaits !== null) spans.push(span(`${formatRate(timeWaits)} TIME_WAIT/s`));
  if (listenOverflows !== null) {
    spans.push(span(`${formatRate(listenOverflows)} listen overflows/s`, listenOverflows > 0 ? "warn" : "plain"));
  }
  return spans;
}

/** `read 0.4s ago, every 1s, using 1.4% of a core`. */
function pollSpan({ ageMs, intervalMs, cpuMs }: Poll): Span {
  const isOld = ageMs > OLD * intervalMs + LATE_MS;
  const every = formatSetting(Math.round(intervalMs / 100) * 100);
  return span(
    `read ${formatDuration(ageMs)} ago, every ${every}, using ${share(cpuMs / intervalMs)} of a core`,
    isOld ? "warn" : "plain",
  );
}

/** To a tenth of a percent, rounded up, so the true cost is never higher. */
function share(part: number): string {
  return `${(Math.ceil(part * 1000) / 10).toFixed(1)}%`;
}

/** Why owners may be missing. At 0 the processes are hidden, so their number is unknown. */
export function incompleteness(unreadable: number): string {
  const processes = unreadable === 0 ? "some processes" : formatPlural(unreadable, "process", "processes");
  const why = unreadable === 0 ? "hidden by hidepid or a container" : "permission denied";
  return `${processes} could not be read (${why}); some owners may be missing`;
}
