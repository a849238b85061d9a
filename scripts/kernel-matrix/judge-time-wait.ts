/**
 * Compares the mini-sockets that tcptrace reports with the kernel's list, connection by connection, and their number
 * with the kernel's count. The list alone is not enough: on a slow machine a late reset may end a mini-socket before
 * the list is read (RFC 1337).
 */
import type { Side, Truth } from "./guest/cell-result.ts";
import { type Losses, mostMissing } from "./losses.ts";
import type { TransitionLine } from "../output-lines.ts";

const SIDES: readonly Side[] = ["client", "server"];

/** Returns the number of mini-sockets that tcptrace reported. */
export function judgeTimeWait(
  rows: readonly TransitionLine[],
  { port, standing, ways, created }: Truth,
  losses: Losses,
  complaints: string[],
): number {
  let entered = 0;
  let foundAgain = 0;
  /** Mini-sockets that may be missing because their transitions were reported lost. */
  const excused = mostMissing(losses);
  let unreported = 0;
  for (const { way, port: at, standing: shown } of [...ways, { way: "300", port, standing }]) {
    for (const side of SIDES) {
      const ends = rows.filter(({ local, remote, to }) => to === "CLOSE" && sideAt(at, local, remote) === side);
      const left = clientPorts(ends.filter(isLeft), side);
      // Skipped by the kernel and inferred from a survey: the way it ended is unknown.
      const found = clientPorts(ends.filter(isFound), side);
      entered += left.size;
      foundAgain += found.size;
      const missing = shown[side].filter((one) => !left.has(one) && !found.has(one));
      unreported += missing.length;
      if (missing.length <= excused) continue;
      complaints.push(
        `${way}: ${left.size} reported for the ${side}, without these that the kernel shows: ${missing.join()}`,
      );
    }
  }
  if (unreported > excused) complaints.push(`${unreported} mini-sockets not reported`);
  if (entered > created || created > entered + foundAgain + excused) {
    complaints.push(
      `${entered} mini-sockets reported, ${foundAgain} restored, ${losses.lost} lost; the kernel counted ${created}`,
    );
  }
  return entered;
}

function sideAt(port: number, local: string | null, remote: string | null): Side | null {
  if (local?.endsWith(`:${port}`) === true) return "server";
  return remote?.endsWith(`:${port}`) === true ? "client" : null;
}

function isLeft({ from, cause }: TransitionLine): boolean {
  return cause === "time-wait" || (from === "FIN_WAIT2" && cause === "close");
}

function isFound({ from, cause }: TransitionLine): boolean {
  return (from === "FIN_WAIT2" || from === "CLOSING") && cause === "poll";
}

function clientPorts(rows: readonly TransitionLine[], side: Side): Set<number> {
  return new Set(rows.map(({ local, remote }) => Number((side === "client" ? local : remote)?.split(":").at(-1))));
}
