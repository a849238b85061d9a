import type { OwnerEvidence } from "./owner-evidence.ts";
import type { ProcessFacts } from "./survey.ts";
import type { Address } from "../net/address.ts";
import type { Side, SocketTuple, SocketRole } from "../net/tuple.ts";
import type { Nanos } from "../net/nanos.ts";
import type { TcpState } from "../net/tcp-state.ts";

/** A mini-socket: from the client's address and port to the server's; `side` says which is ours. */
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
 * The state of a model at one moment. Later files of a recording begin with one, so that each file can be read alone:
 * a model that has folded only the clock anchor, the source and this image continues like the original,
 * except that counts, rates and trends restart. The key names are part of the recording format.
 */
export interface Image {
  readonly kind: "image";
  readonly at: Nanos;
  readonly complete: boolean;
  readonly isSeeded: boolean;
  readonly surveys: number;
  readonly nextId: number;
  readonly timeWaits: readonly ImagedTimeWait[];
  /** Transitions that the kernel skipped and that are not inferred yet: later events may reveal them. */
  readonly missing: number;
  /** The watermark: everything traced up to this time has arrived. */
  readonly told: Nanos;
  /** Null before the first request for details. */
  readonly detailsAt: Nanos | null;
  readonly sockets: readonly ImagedSocket[];
  /** The holders of `sockets`. */
  readonly holders: readonly ImagedHolder[];
  readonly processes: readonly ImagedProcess[];
  readonly facts: readonly ProcessFacts[];
  /** Leaked descriptors: the socket is gone, the descriptor may be open. Each `id` is also in `sockets`. */
  readonly vanished: readonly ImagedVanished[];
}

/** See Socket for the fields. */
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
