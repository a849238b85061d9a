import type { ListenBacklog, SocketDetail } from "../../model/events/details.ts";
import { type Address, parseAddress } from "../../model/net/address.ts";

/** What `ss -tneiH state close-wait state listening` reports of one namespace. */
export interface SsRows {
  readonly details: SocketDetail[];
  readonly backlogs: ListenBacklog[];
}

/**
 * Reads ss(8)'s output line by line. A socket is a line `STATE Recv-Q Send-Q LOCAL PEER … ino:N … cgroup:PATH …`; what
 * `-i` adds is on a line of its own, which begins with a blank: the name of a cgroup, which may contain blanks but no
 * newline, cannot forge it. Other lines are skipped.
 */
export class SsReader {
  readonly rows: SsRows = { details: [], backlogs: [] };
  readonly #netns: number;
  /** The socket whose details may follow. */
  #row: string | null = null;

  constructor(netns: number) {
    this.#netns = netns;
  }

  line(text: string): void {
    if (/^\s/.test(text)) return this.#details(text);
    this.#row = null;
    if (text.startsWith("LISTEN")) return this.#listener(text);
    if (!text.startsWith("CLOSE-WAIT")) return;
    this.#row = text;
  }

  #listener(text: string): void {
    const backlog = /^LISTEN\s+\d+\s+(\d+)\s/.exec(text)?.[1];
    const inode = /\sino:(\d+)\s/.exec(text)?.[1];
    if (backlog === undefined || inode === undefined) return;
    this.rows.backlogs.push({ netns: this.#netns, inode: Number(inode), backlog: Number(backlog) });
  }

  #details(text: string): void {
    if (this.#row === null) return;
    const tuple = tupleOf(this.#row);
    const inode = Number(/\sino:(\d+)\s/.exec(this.#row)?.[1] ?? 0);
    this.#row = null;
    if (tuple === null) return;
    // ss leaves out a time of 0.
    const lastAckMs = Number(/\slastack:(\d+)/.exec(text)?.[1] ?? 0);
    const lastSentMs = Number(/\slastsnd:(\d+)/.exec(text)?.[1] ?? 0);
    this.rows.details.push({ netns: this.#netns, ...tuple, inode, lastAckMs, lastSentMs });
  }
}

interface Tuple {
  readonly localAddress: Address;
  readonly localPort: number;
  readonly remoteAddress: Address;
  readonly remotePort: number;
}

function tupleOf(row: string): Tuple | null {
  const [, , , local = "", remote = ""] = row.split(/\s+/);
  const here = endpointOf(local);
  const there = endpointOf(remote);
  if (here === null || there === null) return null;
  return { localAddress: here.address, localPort: here.port, remoteAddress: there.address, remotePort: there.port };
}

/** `127.0.0.1:80`, `127.0.0.1%lo:80`, `[::1]:80`, `[fe80::1]%eth0:80`: /proc/net/tcp names no interface. */
export function endpointOf(text: string): { readonly address: Address; readonly port: number } | null {
  const [, inBrackets, plain, port] = /^(?:\[([^\]%]+)[^\]]*\]|([^:%]+))(?:%[^:]*)?:(\d+)$/.exec(text) ?? [];
  const address = parseAddress(inBrackets ?? plain ?? "");
  return address === null ? null : { address, port: Number(port) };
}
