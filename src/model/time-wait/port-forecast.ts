/** The ports that one source address has toward one destination. */
export interface PortUse {
  /** Total number of ports. */
  readonly ports: number;
  /** In use, and not available until they are freed. */
  readonly inUse: number;
  /** Per second: connections opened, ended with the port kept for `life` seconds, and ended with the port freed. */
  readonly opened: number;
  readonly entered: number;
  readonly freed: number;
  /** Seconds. */
  readonly life: number;
  /** How many of the ports in use will be freed in each of the next seconds. */
  readonly freeing: readonly number[];
}

/** Seconds that the rates cover. */
const WINDOW = 5;
/** A difference counts from three standard deviations; that of a random count is its square root. */
const MIN_DEVIATIONS = 3;
/** Rates over five seconds do not predict more than an hour. */
const MAX_FORECAST_MS = 3_600_000;

/**
 * Milliseconds until the last port is taken at the current rates and connect() fails with EADDRNOTAVAIL. 0 if none is
 * left now, null if that will not happen within an hour. Connections that close during the first `life` seconds free no
 * port in that time; after it, ports are freed as fast as they were kept.
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
  return ms > MAX_FORECAST_MS ? null : ms;
}

/** Whether a difference of rates may be random: no larger than their usual variation from one window to the next. */
function isChance(difference: number, sum: number): boolean {
  return difference * WINDOW <= MIN_DEVIATIONS * Math.sqrt(sum * WINDOW);
}
