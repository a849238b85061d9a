import { readlinkSync } from "node:fs";
import { debug } from "../../base/debug.ts";
import { isGoneOrForbidden } from "../machine/errno.ts";
import { listPids } from "../processes/processes.ts";
import { findNamespaces, parseNetnsLink } from "./namespaces.ts";

/** Knows a process in each network namespace, through which the namespace can be read. */
export class Inhabitants {
  #pids = new Map<number, number | "self">();

  /** Makes sure that the process of each of these still lives there; looks through all processes when one does not. */
  async find(namespaces: readonly number[]): Promise<void> {
    if (namespaces.every((netns) => this.#isIn(netns))) return;
    this.#pids = new Map();
    for (const [netns, [pid]] of (await findNamespaces(listPids())).members) {
      if (pid !== undefined) this.#pids.set(netns, pid);
    }
    const own = netnsOf("self");
    if (own !== null) this.#pids.set(own, "self");
  }

  /** `self` for our own namespace; undefined when no process is known to live there. */
  of(netns: number): number | "self" | undefined {
    return this.#pids.get(netns);
  }

  #isIn(netns: number): boolean {
    const pid = this.#pids.get(netns);
    return pid !== undefined && netnsOf(pid) === netns;
  }
}

function netnsOf(pid: number | "self"): number | null {
  try {
    return parseNetnsLink(readlinkSync(`/proc/${pid}/ns/net`));
  } catch (error) {
    if (!isGoneOrForbidden(error)) debug(`cannot read the network namespace of pid ${pid}`, error);
    return null;
  }
}
