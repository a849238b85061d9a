import { z } from "zod";
import { COUNTERS, type CounterName, type HostFigures, type NamespaceCounters } from "../../model/net/counters.ts";
import { HOST_SYSCTLS, NAMESPACE_SYSCTLS, type Sysctls } from "../../model/net/sysctl.ts";
import { port, text, whole } from "./scalar-shapes.ts";

const SYSCTLS = [...NAMESPACE_SYSCTLS, ...HOST_SYSCTLS];

const sysctls: z.ZodType<Sysctls> = z.record(z.string(), text).transform((all) => known(all, SYSCTLS));

export const namespaceCounters: z.ZodType<NamespaceCounters> = z.object({
  netns: whole,
  timeWait: whole,
  counters: z.record(z.string(), z.number()).transform((all) => known<CounterName, number>(all, COUNTERS)),
  settings: z
    .object({
      timeWaitLimit: whole,
      firstPort: port,
      lastPort: port,
      reservedPorts: whole,
      timeWaitReuse: whole,
      reuseDelayMs: whole,
      timestamps: z.boolean(),
      finTimeoutMs: whole,
      sysctls: sysctls.exactOptional(),
    })
    .nullable(),
});

export const hostFigures: z.ZodType<HostFigures> = z.object({
  openFiles: whole.nullable(),
  orphans: whole.nullable(),
  backlogDrops: whole.nullable(),
  sysctls,
});

/** Drops unknown names, which another version has written. */
function known<Name extends string, Value>(
  all: Readonly<Record<string, Value>>,
  names: readonly Name[],
): Partial<Record<Name, Value>> {
  const found: Partial<Record<Name, Value>> = {};
  for (const name of names) {
    const value = Object.hasOwn(all, name) ? all[name] : undefined;
    if (value !== undefined) found[name] = value;
  }
  return found;
}
