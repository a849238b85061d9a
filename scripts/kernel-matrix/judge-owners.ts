// The 300 connections: each has ten transitions, each of which must name the process on its side.
import type { Side, Truth } from "./guest/cell-result.ts";
import { type Losses, mostMissing } from "./losses.ts";
import type { Figures } from "./verdict.ts";
import type { TransitionLine } from "../output-lines.ts";

const LIVES: readonly { readonly side: Side; readonly states: readonly string[] }[] = [
  { side: "client", states: ["CLOSE", "SYN_SENT", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "CLOSE"] },
  { side: "server", states: ["LISTEN", "SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSE"] },
];

export function judgeOwners(
  rows: readonly TransitionLine[],
  { port, server, client, connections }: Truth,
  losses: Losses,
  complaints: string[],
): Pick<Figures, "seen" | "made" | "right" | "found"> {
  const own = rows.filter(({ local, remote, from, to }) => isAt(port, local, remote) && remote !== null && from !== to);
  const counts = new Map<string, number>();
  let right = 0;
  let found = 0;
  for (const { local, from, to, pid, cause } of own) {
    const isServers = local?.endsWith(`:${port}`) ?? false;
    const kind = `${isServers ? "server" : "client"} ${from} ${to}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (pid === (isServers ? server : client)) right++;
    if (cause === "poll") found++;
  }
  const made = connections * 10;
  if (!isAllowed(made - own.length, losses)) {
    complaints.push(
      `${own.length} of ${made} transitions, ${losses.lost} reported lost`,
      ...missingKinds(counts, connections),
    );
  }
  const unknown = own.filter(({ pid }) => pid === null).length;
  if (right + unknown !== own.length) complaints.push(`${own.length - right - unknown} owners WRONG`);
  if (unknown > mostMissing(losses)) complaints.push(`${unknown} owners unknown`);
  return { seen: own.length, made, right, found };
}

function missingKinds(counts: ReadonlyMap<string, number>, connections: number): string[] {
  return LIVES.flatMap(({ side, states }) =>
    states
      .slice(1)
      .map((to, step) => `${side} ${states[step]} ${to}`)
      .filter((kind) => counts.get(kind) !== connections)
      .map((kind) => `${counts.get(kind) ?? 0} of ${connections} ${kind}`),
  );
}

/** No transition may be missing, except lost ones with probes that may lose some; those must all be reported. */
function isAllowed(missing: number, { lost, mayLose }: Losses): boolean {
  return mayLose ? missing >= 0 && missing <= lost : missing === 0 && lost === 0;
}

function isAt(port: number, local: string | null, remote: string | null): boolean {
  return local?.endsWith(`:${port}`) === true || remote?.endsWith(`:${port}`) === true;
}
