import { formatDuration, formatRate, formatSetting } from "../../base/quantity.ts";
import type { HostRates } from "../../model/rates/counter-rates.ts";
import type { Poll, Snapshot } from "../../model/reports/snapshot.ts";
import { type Span, span } from "../format/frame.ts";

/** Past so many intervals what is shown is called old. */
const OLD = 2;
const LATE_MS = 1000;

/**
 * What a screen needs to say where polls are all there is: how old it is, how often it is renewed and what that costs, and
 * what the kernel has counted between the polls, each to begin on a line of its own. Nothing where there is a tracer.
 */
export function pollFigures({ source, poll, host }: Snapshot): Span[][] {
  if (source !== "proc") return [];
  return [...(poll === null ? [] : [[pollSpan(poll)]]), ...(host === null ? [] : [hostSpans(host)])];
}

function hostSpans(host: HostRates): Span[] {
  const { connects, accepts, closed, failed, resets, aborts, timeWaits, listenOverflows } = host;
  const spans = [
    span("host-wide by the kernel's counters:", "dim"),
    span(`${formatRate(connects)} connects/s`),
    span(`${formatRate(accepts)} accepts/s`),
    // Worked out from the others: what fails half-way is in some of them only.
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

/** `read 0.4s ago, every 1s, at 1.4% of a core`. */
function pollSpan({ ageMs, intervalMs, cpuMs }: Poll): Span {
  const isOld = ageMs > OLD * intervalMs + LATE_MS;
  const every = formatSetting(Math.round(intervalMs / 100) * 100);
  return span(
    `read ${formatDuration(ageMs)} ago, every ${every}, at ${share(cpuMs / intervalMs)} of a core`,
    isOld ? "warn" : "plain",
  );
}

/** To a tenth of a percent, rounded up: it costs no more than that. */
function share(part: number): string {
  return `${(Math.ceil(part * 1000) / 10).toFixed(1)}%`;
}

/** Why owners may be missing, as far as that is known. */
export function incompleteness(unreadable: number): string {
  const why = unreadable === 0 ? "/proc hides them, by hidepid or in a container" : `${unreadable}, for want of rights`;
  return `some processes could not be read (${why}): an owner may be missing`;
}
