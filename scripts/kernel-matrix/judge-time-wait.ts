/*
 * What tcptrace says each connection has left behind, beside what the kernel's own list showed, and all of them beside the
 * kernel's own count: on a slow machine a late reset may end one before anybody has looked (RFC 1337).
 */
import type { Side, Truth } from "./guest/cell-result.ts";
import { type Losses, mostMissing } from "./losses.ts";
import type { TransitionLine } from "../output-lines.ts";

const SIDES: readonly Side[] = ["client", "server"];

/** Returns how many mini-sockets tcptrace has seen. */
export function judgeTimeWait(
  rows: readonly TransitionLine[],
  { port, standing, ways, begun }: Truth,
  losses: Losses,
  complaints: string[],
): number {
  let entered = 0;
  let foundAgain = 0;
  /** Mini-sockets that may be of transitions that were lost, and reported so. */
  const excused = mostMissing(losses);
  let untold = 0;
  for (const { way, port: at, standing: shown } of [...ways, { way: "300", port, standing }]) {
    for (const side of SIDES) {
      const ends = rows.filter(({ local, remote, to }) => to === "CLOSE" && sideAt(at, local, remote) === side);
      const left = clientPorts(ends.filter(isLeft), side);
      // What the kernel skipped and a survey found again: nobody saw how it ended.
      const found = clientPorts(ends.filter(isFound), side);
      entered += left.size;
      foundAgain += found.size;
      const missing = shown[side].filter((one) => !left.has(one) && !found.has(one));
      untold += missing.length;
      if (missing.length <= excused) continue;
      complaints.push(`${way}: the ${side} left ${left.size}, and not these that the kernel shows: ${missing.join()}`);
    }
  }
  if (untold > excused) complaints.push(`${untold} mini-sockets not told`);
  if (entered > begun || begun > entered + foundAgain + excused) {
    complaints.push(`${entered} left, ${foundAgain} found again, ${losses.lost} lost; there were ${begun}`);
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
