// Which machines to boot, and which cells run in each. A cell is a bpftrace and a kind of probes, `0.17:full`, or
// `refusals`.

/** A Debian suite, with its kernel and bpftrace. */
export interface SuitePlan {
  readonly suite: string;
  readonly kernel: string;
  readonly bpftrace: string;
}

/** The first is the suite of the guest itself. */
export const SUITES: readonly SuitePlan[] = [
  { suite: "bookworm", kernel: "6.1", bpftrace: "0.17" },
  { suite: "bullseye", kernel: "5.10", bpftrace: "0.11" },
  { suite: "trixie", kernel: "6.12", bpftrace: "0.23" },
  { suite: "sid", kernel: "7", bpftrace: "0.27" },
];

/** A machine to boot: its kernel, its cells, and extra options of the kernel's command line. */
export interface MachinePlan {
  readonly kernel: string;
  readonly cells: readonly string[];
  readonly append: string;
}

type Cells = readonly [kernel: string, cells: readonly string[]];

const KERNELS = ["5.10", "6.1", "6.12", "7"];
const BPFTRACES = ["0.17", "0.23", "0.27"];
const PROBES = ["full", "kprobe", "fentry", "basic"];

/** Each kernel, each bpftrace, each kind of probes and the refusals at least once. */
const QUICK: readonly Cells[] = [
  ["5.10", ["0.17:full", "0.11:full", "0.11:kprobe"]],
  ["6.1", ["0.17:kprobe", "0.17:basic", "0.23:fentry"]],
  ["6.12", ["0.23:full", "0.27:kprobe", "0.17:refusals"]],
  ["7", ["0.27:full", "0.27:fentry"]],
  ["6.1", ["0.17:lockdown"]],
];

const ALL: readonly Cells[] = KERNELS.flatMap((kernel): Cells[] => [
  ...BPFTRACES.map((bpftrace): Cells => [kernel, PROBES.map((probes) => `${bpftrace}:${probes}`)]),
  ...(kernel === "5.10" ? [[kernel, PROBES.map((probes) => `0.11:${probes}`)] satisfies Cells] : []),
  ...(kernel === "6.1"
    ? ([
        [kernel, ["0.17:refusals", "0.27:refusals"]],
        [kernel, ["0.17:lockdown"]],
      ] satisfies Cells[])
    : []),
]);

/** What bpftrace itself cannot do: tcptrace must report that and use the next probes. */
const IMPOSSIBLE: readonly { kernel: string | null; bpftrace: string; probes: string; why: string }[] = [
  {
    kernel: "5.10",
    bpftrace: "0.17",
    probes: "fentry",
    why: "no fentry: next probes used",
  },
  ...PROBES.map((probes) => ({
    kernel: null,
    bpftrace: "0.11",
    probes,
    why: "does not compile: next probes used",
  })),
];

/** Why this cell cannot trace on that kernel; null if it must. */
export function impossible(kernel: string, cell: string): string | null {
  const [bpftrace, probes] = cell.split(":");
  const found = IMPOSSIBLE.find(
    (one) => (one.kernel ?? kernel) === kernel && one.bpftrace === bpftrace && one.probes === probes,
  );
  return found?.why ?? null;
}

/**
 * The machines for `quick`, `all` or a list such as `6.1/0.17:full,7/0.27:fentry`. Throws RangeError for anything else.
 */
export function plan(which: string): MachinePlan[] {
  const machines = which === "quick" ? QUICK : which === "all" ? ALL : listed(which);
  return machines.map(([kernel, cells]) => ({
    kernel,
    cells,
    append: cells.some(isLocked) ? "lockdown=confidentiality" : "",
  }));
}

function isLocked(cell: string): boolean {
  return cell.endsWith(":lockdown");
}

function listed(which: string): Cells[] {
  const machines = new Map<string, Cells>();
  for (const word of which.split(",")) {
    const [kernel = "", cell = "", ...rest] = word.split("/");
    const isKnown =
      KERNELS.includes(kernel) && /^0\.(11|17|23|27):(full|kprobe|fentry|basic|refusals|lockdown)$/.test(cell);
    if (!isKnown || rest.length > 0) throw new RangeError(`no such cell: ${word}`);
    const key = isLocked(cell) ? `${kernel} locked` : kernel;
    machines.set(key, [kernel, [...(machines.get(key)?.[1] ?? []), cell]]);
  }
  return [...machines.values()];
}
