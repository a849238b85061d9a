import { z } from "zod";
import { UserError } from "../../base/errors.ts";
import { safeText } from "../../base/text.ts";
import { nanos, wallMs } from "./scalar-shapes.ts";

/** Readers refuse a newer major version; a newer minor one only adds kinds of lines, which older readers skip. */
const MAJOR = 1;
export const VERSION = `${MAJOR}.1`;
export const FORMAT = "tcptrace recording";

const short = z.string().max(1024).transform(safeText);

const header = z.object({
  format: z.literal(FORMAT),
  version: z.string().regex(/^\d{1,6}\.\d{1,6}$/),
  /** tcptrace's own version. */
  tcptrace: short,
  host: short,
  /** As `uname -r` prints it. */
  kernel: short,
  arch: short,
  /** /proc/sys/kernel/random/boot_id: recordings of one boot share one clock. */
  bootId: short.nullable(),
  /** When the file was begun: CLOCK_BOOTTIME in nanoseconds, and milliseconds since the Unix epoch. */
  bootNanos: nanos,
  wallMs,
  /** The number of this file in its rotation, from 0. */
  file: z.number().int().min(0),
  source: z.enum(["bpf", "proc"]),
  sysctls: z.record(short, short),
  /** The machine's user names, by uid. */
  users: z.record(z.string().regex(/^\d{1,10}$/), short),
});

/** The first line of a recording. */
export type Header = z.infer<typeof header>;

const anyVersion = z.object({ format: z.literal(FORMAT), version: z.string().regex(/^\d{1,6}\./) });

/** The header in a line, null if there is none. Throws UserError if its version is too new. */
export function parseHeader(value: unknown, path: string): Header | null {
  const known = anyVersion.safeParse(value);
  if (known.success && Number.parseInt(known.data.version, 10) > MAJOR) {
    throw new UserError(
      "recording-too-new",
      `${path} is a recording of version ${safeText(known.data.version.slice(0, 20))}; this tcptrace reads version ${MAJOR}`,
      "use a newer tcptrace",
    );
  }
  const parsed = header.safeParse(value);
  return parsed.success ? parsed.data : null;
}
