import type { Tables } from "./tables.ts";
import type { NetworkSettings } from "../net/counters.ts";

/** The kernel's defaults. */
const DEFAULTS: NetworkSettings = {
  timeWaitLimit: 262_144,
  firstPort: 32_768,
  lastPort: 60_999,
  reservedPorts: 0,
  timeWaitReuse: 2,
  reuseDelayMs: 1000,
  timestamps: true,
  finTimeoutMs: 60_000,
};

/** What a namespace goes by, as last read; the kernel's defaults where that is not known. */
export function networkSettings(tables: Tables, netns: number | null): NetworkSettings {
  return (netns === null ? undefined : tables.settings.get(netns)) ?? DEFAULTS;
}
