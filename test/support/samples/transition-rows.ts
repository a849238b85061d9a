import { Process } from "#src/model/processes/process.ts";
import { Socket } from "#src/model/sockets/socket.ts";
import { TCP } from "#src/model/net/tcp-state.ts";
import type { TransitionRow } from "#src/model/sockets/transition-row.ts";

/** The example of docs/command-line.md: a connection of nginx goes from ESTABLISHED to CLOSE_WAIT. */
export function nginxRow(fields: Partial<TransitionRow> = {}, ends: Partial<Socket> = {}): TransitionRow {
  const socket = Object.assign(new Socket(0x1f, TCP.CLOSE_WAIT, 0, true), {
    netns: 4_026_531_840,
    localAddress: 0x7f00_0001,
    localPort: 80,
    remoteAddress: 0x7f00_0001,
    remotePort: 40_000,
    ...ends,
  });
  return {
    at: 0,
    socket,
    from: TCP.ESTABLISHED,
    to: TCP.CLOSE_WAIT,
    inState: 12_400_000,
    owner: { pid: 812, evidence: "accept" },
    process: new Process(812, "nginx", 0),
    cause: "fin",
    ...fields,
  };
}

/** A row of which only the state change is known. */
export function bareRow(): TransitionRow {
  const nothing = { inState: null, owner: { pid: null, evidence: "unknown" }, process: null, cause: null } as const;
  return nginxRow(nothing, { netns: null, localPort: 0, remotePort: 0 });
}

/** Names, as bytes, that would break a line or its syntax, and how they are shown. */
export const HOSTILE: readonly (readonly [name: string, bytes: string, shown: string])[] = [
  ["a newline", "a\nb", "a\\x0ab"],
  ["quotes and backslashes", `"\\","x":"`, `"\\","x":"`],
  ["an escape", "\u001B[2J", "\\x1b[2J"],
  ["a carriage return", "a\rb", "a\\x0db"],
  ["bytes that are no text", "\u00FFx", "\\xffx"],
];
