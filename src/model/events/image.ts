import type { OwnerEvidence } from "./owner-evidence.ts";
import type { ProcessFacts } from "./survey.ts";
import type { Address } from "../net/address.ts";
import type { Side, SocketTuple, SocketRole } from "../net/tuple.ts";
import type { Nanos } from "../net/nanos.ts";
import type { TcpState } from "../net/tcp-state.ts";

/** A mini-socket as the model has it: from the client's address and port to the server's, one of which is ours. */
export interface ImagedTimeWait {
  readonly side: Side;
  readonly netns: number | null;
  readonly source: Address;
  readonly address: Address;
  readonly port: number;
  readonly clientPort: number;
  /** Who closed it. */
  readonly pid: number | null;
  readonly since: Nanos;
  readonly endsAt: Nanos;
  readonly isFinWait2: boolean;
}

/**
 * What a model knew at a moment, with which the second and later files of a recording begin: so that each can be read
 * alone. A model that has folded nothing but the clock's anchor, the source and this goes on as that one did; counts, rates
 * and trends begin anew.
 */
export interface Image {
  readonly kind: "image";
  readonly at: Nanos;
  readonly complete: boolean;
  readonly isSeeded: boolean;
  readonly surveys: number;
  readonly nextId: number;
  readonly timeWaits: readonly ImagedTimeWait[];
  /** Transitions that the kernel has skipped and that have not been found yet: what follows may show them. */
  readonly missing: number;
  readonly told: Nanos;
  /** Null: the kernel was not asked for details yet. */
  readonly detailsAt: Nanos | null;
  readonly sockets: readonly ImagedSocket[];
  /** Who holds which of them. */
  readonly holders: readonly ImagedHolder[];
  readonly processes: readonly ImagedProcess[];
  readonly facts: readonly ProcessFacts[];
  /** Sockets that are gone while their descriptors may be open; `id` is among `sockets`. */
  readonly vanished: readonly ImagedVanished[];
}

/** A socket as the model has it; see Socket for the fields. */
export interface ImagedSocket extends SocketTuple {
  readonly id: number;
  readonly address: number | null;
  readonly state: TcpState;
  readonly since: Nanos;
  readonly sinceIsExact: boolean;
  readonly role: SocketRole | null;
  readonly inode: number | null;
  /** The owner. */
  readonly pid: number | null;
  readonly evidence: OwnerEvidence;
  readonly receiveQueue: number | null;
  readonly backlog: number | null;
  readonly detailAt: Nanos | null;
  readonly sentAt: Nanos | null;
  readonly lastTraced: Nanos;
}

export interface ImagedHolder {
  readonly id: number;
  readonly pid: number;
  readonly fd: number | null;
}

export interface ImagedProcess {
  readonly pid: number;
  readonly comm: string;
  readonly uid: number | null;
  readonly lastSeen: Nanos;
}

export interface ImagedVanished {
  readonly id: number;
  readonly inode: number;
  readonly since: Nanos;
  readonly sinceIsExact: boolean;
  readonly at: Nanos;
  readonly isConfirmed: boolean;
}
