import { cutText, safeBytes, safeText } from "../../base/text.ts";

/** Where a process runs, by its cgroups. */
export interface CgroupFacts {
  /** The first twelve hex digits of a container's id, or the name of an LXC or systemd-nspawn container. */
  readonly container: string | null;
  /** The innermost systemd unit that is not a container itself, such as `nginx.service`. */
  readonly unit: string | null;
}

const ID_DIGITS = 12;
const NAME_CHARS = 128;
// The whole component: Docker, containerd and the kubelet with the cgroupfs driver.
const BARE_ID = /^([0-9a-f]{64})$/;
// With the systemd driver; Podman omits `.scope` with cgroupfs. Monitors (`crio-conmon-ID`) are outside the container.
const PREFIXED_ID = /^(?:docker|cri-containerd|nerdctl|crio|libpod)-([0-9a-f]{12,64})(?:\.scope)?$/;
// What runc makes of a systemd path with the cgroupfs driver: `system.slice:cri-containerd:ID`.
const COLON_ID = /:(?:cri-containerd|crio|docker|libpod):([0-9a-f]{12,64})$/;
const LXC_PAYLOAD = /^lxc\.payload\.(.+)$/;
const MACHINE = /^machine-(.+)\.scope$/;
const UNIT = /.\.(?:service|scope)$/;

/**
 * Parses /proc/PID/cgroup (man 7 cgroups): `0::/path` of version 2, `N:controllers:/path` of version 1. In a path the
 * innermost container and unit count; the hierarchies that systemd manages come before the others.
 */
export function parseCgroup(text: string): CgroupFacts {
  let container: string | null = null;
  let unit: string | null = null;
  for (const path of pathsOf(text)) {
    const parts = path.split("/");
    container ??= innermost(parts, containerOf);
    unit ??= innermost(parts, unitOf);
  }
  return { container: printable(container), unit: printable(unit) };
}

function pathsOf(text: string): string[] {
  const managed: string[] = [];
  const others: string[] = [];
  for (const line of text.split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    (controllers === "" || controllers === "name=systemd" ? managed : others).push(path);
  }
  return [...managed, ...others];
}

type Reading = (part: string, parent: string) => string | null;

function innermost(parts: readonly string[], read: Reading): string | null {
  for (let at = parts.length - 1; at >= 0; at -= 1) {
    const name = read(parts[at] ?? "", parts[at - 1] ?? "");
    if (name !== null) return name;
  }
  return null;
}

function containerOf(part: string, parent: string): string | null {
  const [, id] = BARE_ID.exec(part) ?? PREFIXED_ID.exec(part) ?? COLON_ID.exec(part) ?? [];
  if (id !== undefined) return id.slice(0, ID_DIGITS);
  const name = LXC_PAYLOAD.exec(part)?.[1];
  if (name !== undefined) return name;
  if (parent === "lxc" && part !== "") return part;
  const machine = MACHINE.exec(part)?.[1];
  return machine === undefined ? null : unescapeUnit(machine);
}

function unitOf(part: string, parent: string): string | null {
  return UNIT.test(part) && containerOf(part, parent) === null ? part : null;
}

/** Undoes systemd's escapes of single bytes, `\x2d` for a hyphen (man 5 systemd.unit). */
function unescapeUnit(name: string): string {
  const bytes = Buffer.from(name).toString("latin1");
  const plain = bytes.replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCodePoint(Number.parseInt(hex, 16)),
  );
  return safeBytes(Buffer.from(plain, "latin1"));
}

function printable(name: string | null): string | null {
  return name === null ? null : cutText(safeText(name), NAME_CHARS);
}
