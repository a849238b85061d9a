import { ECONNABORTED } from "../events/cause.ts";
import type { OwnerEvidence } from "../events/owner-evidence.ts";
import { TCP, type TcpState } from "../net/tcp-state.ts";

/** Who holds a socket. `pid` is null exactly when nobody is known. */
export type Owner = KnownOwner | { readonly pid: null; readonly evidence: "unknown" };

type KnownEvidence = Exclude<OwnerEvidence, "unknown">;

interface KnownOwner {
  readonly pid: number;
  readonly evidence: KnownEvidence;
}

/** One process as an owner, by how it is known: made once, since each connection gets two or three of them. */
export type Owners = Readonly<Record<KnownEvidence, KnownOwner>>;

export function ownersOf(pid: number): Owners {
  const by = (evidence: KnownEvidence): KnownOwner => ({ pid, evidence });
  return { syscall: by("syscall"), accept: by("accept"), inode: by("inode"), listener: by("listener") };
}

export const UNKNOWN_OWNER: Owner = { pid: null, evidence: "unknown" };

/** Whether the task that ran a transition with the socket's lock held made it happen by a call of its own. */
function isOwnCall(from: TcpState, to: TcpState): boolean {
  if (from === to) return true;
  // The end of a listener is not among them: `ss -K` leaves no error there that would tell.
  return to === TCP.SYN_SENT || to === TCP.LISTEN || to === TCP.FIN_WAIT1 || to === TCP.LAST_ACK;
}

/**
 * Whether the task of a transition is to be taken for the socket's owner. A call of the task's own always tells; what it
 * only ran from the backlog, while it held the lock, tells when nothing better is known: `ss -i` takes the lock, too.
 */
export function taskIsOwner(from: TcpState, to: TcpState, error: number, known: Owner): boolean {
  // Who destroyed it is no holder.
  if (to === TCP.CLOSE && error === ECONNABORTED) return false;
  if (isOwnCall(from, to)) return true;
  return known.evidence === "unknown" || known.evidence === "listener";
}
