import { ECONNABORTED } from "../events/cause.ts";
import type { OwnerEvidence } from "../events/owner-evidence.ts";
import { TCP, type TcpState } from "../net/tcp-state.ts";

/** The process charged with a socket. `pid` is null if and only if it is unknown. */
export type Owner = KnownOwner | { readonly pid: null; readonly evidence: "unknown" };

type KnownEvidence = Exclude<OwnerEvidence, "unknown">;

interface KnownOwner {
  readonly pid: number;
  readonly evidence: KnownEvidence;
}

/** One process as an owner, by evidence: built once per process, since each connection needs two or three of them. */
export type Owners = Readonly<Record<KnownEvidence, KnownOwner>>;

export function ownersOf(pid: number): Owners {
  const by = (evidence: KnownEvidence): KnownOwner => ({ pid, evidence });
  return { syscall: by("syscall"), accept: by("accept"), inode: by("inode"), listener: by("listener") };
}

export const UNKNOWN_OWNER: Owner = { pid: null, evidence: "unknown" };

/** Whether the task that ran a transition caused it by its own system call. */
function isOwnCall(from: TcpState, to: TcpState): boolean {
  if (from === to) return true;
  // The end of a listener does not count: `ss -K` may have caused it and leaves no error on a listener.
  return to === TCP.SYN_SENT || to === TCP.LISTEN || to === TCP.FIN_WAIT1 || to === TCP.LAST_ACK;
}

/**
 * Whether to take the task of a transition for the socket's owner. The task's own system call is always evidence. Work
 * from the socket's backlog, run while the task held the lock, is evidence only if nothing better is known: `ss -i`
 * takes the lock, too.
 */
export function taskIsOwner(from: TcpState, to: TcpState, error: number, known: Owner): boolean {
  // The task that destroyed the socket (`ss -K`) does not hold it.
  if (to === TCP.CLOSE && error === ECONNABORTED) return false;
  if (isOwnCall(from, to)) return true;
  return known.evidence === "unknown" || known.evidence === "listener";
}
