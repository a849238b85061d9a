import type { Finding } from "./facts/finding.ts";
import { SYSCTL_ADVICE } from "./sysctls/all.ts";
import type { SysctlAdvice } from "./sysctls/sysctl-advice.ts";
import type { Tables } from "../model/fold/tables.ts";
import type { HostFigures, NetworkSettings } from "../model/net/counters.ts";

/** Whether changing a setting would help with a finding, and why or why not. */
interface Verdict {
  /** The finding's id. */
  readonly finding: string;
  readonly helps: boolean;
  readonly why: string;
}

/** A setting often named as a cure, with its value here. */
export interface AuditedSetting {
  readonly name: string;
  /** Its namespace; null for a setting of the machine or a limit of a process. */
  readonly netns: number | null;
  /** Null if this kernel does not have it, or it could not be read. */
  readonly value: string | null;
  readonly default: string;
  readonly does: string;
  /** For each finding that it is often named for; findings that it helps with come first. */
  readonly verdicts: readonly Verdict[];
  readonly sources: readonly string[];
}

const MOST_NAMESPACES = 4;

/** The settings often named as cures, in the namespaces of the findings, and what each would do for them. */
export function auditSettings(tables: Tables, findings: readonly Finding[]): readonly AuditedSetting[] {
  const host = tables.kernel.host;
  return namespacesOf(tables, findings).flatMap((netns, index) => {
    const settings = tables.kernel.settings.get(netns);
    const here = findings.filter(({ evidence }) => (evidence["netns"] ?? netns) === netns);
    // Settings of the machine are listed once, with all findings.
    const allAdvice = SYSCTL_ADVICE.filter((advice) => index === 0 || isOfNamespace(advice));
    return allAdvice.map((advice) =>
      audited(advice, netns, { settings, host, findings: isOfNamespace(advice) ? here : findings }),
    );
  });
}

/** The namespaces with findings, or else the one with the most sockets. */
function namespacesOf(tables: Tables, findings: readonly Finding[]): number[] {
  const concerned = new Set<number>();
  for (const { evidence } of findings) {
    const { netns } = evidence;
    if (typeof netns === "number" && tables.kernel.settings.has(netns)) concerned.add(netns);
  }
  if (concerned.size === 0) {
    const busiest = busiestNamespace(tables);
    if (busiest !== null) concerned.add(busiest);
  }
  return [...concerned].slice(0, MOST_NAMESPACES);
}

function busiestNamespace(tables: Tables): number | null {
  const counts = new Map<number, number>();
  for (const { netns } of tables.sockets) if (netns !== null) counts.set(netns, (counts.get(netns) ?? 0) + 1);
  const known = [...tables.kernel.settings.keys()].toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0));
  return known[0] ?? null;
}

function isOfNamespace({ name }: SysctlAdvice): boolean {
  return name !== "RLIMIT_NOFILE" && !name.startsWith("fs.") && !MACHINE_WIDE.has(name);
}

const MACHINE_WIDE: ReadonlySet<string> = new Set(["net.core.netdev_max_backlog", "net.ipv4.tcp_max_orphans"]);

interface Known {
  readonly settings: NetworkSettings | undefined;
  readonly host: HostFigures | null;
  readonly findings: readonly Finding[];
}

function audited(advice: SysctlAdvice, netns: number, { settings, host, findings }: Known): AuditedSetting {
  const { name, does, sources } = advice;
  const ids = [...new Set(findings.map(({ id }) => id))];
  const verdicts: Verdict[] = [];
  for (const finding of ids) {
    const helps = advice.helps[finding];
    const refusal = advice.refusals[finding];
    if (helps !== undefined) verdicts.push({ finding, helps: true, why: helps });
    else if (refusal !== undefined) verdicts.push({ finding, helps: false, why: refusal });
  }
  return {
    name,
    netns: isOfNamespace(advice) ? netns : null,
    value: name === "RLIMIT_NOFILE" ? limitIn(findings) : (settings?.sysctls?.[name] ?? host?.sysctls[name] ?? null),
    default: advice.default,
    does,
    verdicts: verdicts.toSorted((a, b) => Number(b.helps) - Number(a.helps)),
    sources,
  };
}

/** The limit of the process of the worst finding. */
function limitIn(findings: readonly Finding[]): string | null {
  const limit = findings.map(({ evidence }) => evidence["fdLimit"]).find((value) => typeof value === "number");
  return limit === undefined ? null : String(limit);
}
