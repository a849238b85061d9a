/** The ports that one source address has toward one destination. */
export interface PortUse {
  /** How many there are in all. */
  readonly ports: number;
  /** In use, and not to be had again before they are freed. */
  readonly inUse: number;
  /** Connections that begin, that keep their port for `life` seconds after their end, and that free it at once: per second. */
  readonly opened: number;
  readonly entered: number;
  readonly freed: number;
  /** Seconds. */
  readonly life: number;
  /** Of those in use: how many will be freed in each of the next seconds. */
  readonly freeing: readonly number[];
}

/** Rates are over so many seconds, and counts of arrivals spread by their square root. */
const WINDOW = 5;
const SPREADS = 3;
/** Rates of five seconds say nothing of tomorrow. */
const LONGEST_MS = 3_600_000;

/**
 * Milliseconds until the last port is taken, at today's rates: then connect() fails with EADDRNOTAVAIL. 0 when none is left
 * now, null when that does not come, or not within an hour. What closes within the first `life` seconds frees no port in that
 * time; after it, as many are freed a second as were kept.
 */
export function msUntilExhausted(use: PortUse): number | null {
  const { ports, opened, entered, freed, life, freeing } = use;
  let inUse = use.inUse;
  if (inUse >= ports) return 0;
  const growth = opened - freed;
  if (isChance(growth, opened + freed)) return null;
  const begin = Math.ceil(life);
  for (let second = 0; second < begin; second++) {
    const more = growth - (freeing[second] ?? 0);
    if (inUse + more >= ports) return (second + (ports - inUse) / more) * 1000;
    inUse = Math.max(0, inUse + more);
  }
  const later = growth - entered;
  if (isChance(later, opened + entered + freed)) return null;
  const ms = (begin + (ports - inUse) / later) * 1000;
  return ms > LONGEST_MS ? null : ms;
}

/** Whether a difference of rates is no more than what their sum may differ by from one window to the next. */
function isChance(difference: number, sum: number): boolean {
  return difference * WINDOW <= SPREADS * Math.sqrt(sum * WINDOW);
}
