/**
 * An IP address: IPv4 as an unsigned 32-bit number (127.0.0.1 is 0x7f000001), IPv6 as 32 lower-case hex digits in
 * network order. A v4-mapped IPv6 address (::ffff:a.b.c.d) counts as IPv4, since that is what the peer sees.
 */
export type Address = number | string;

const V4_MAPPED = "00000000000000000000ffff";

/** Turns 32 hex digits into an Address, folding v4-mapped addresses to IPv4. */
export function addressFromHex(hex: string): Address {
  return hex.startsWith(V4_MAPPED) ? Number.parseInt(hex.slice(24), 16) : hex;
}

/** Whether the address is 0.0.0.0 or ::, which means bound to all addresses or not known yet. */
export function isUnspecified(address: Address): boolean {
  return typeof address === "number" ? address === 0 : /^0{32}$/.test(address);
}

/** Text of an address; IPv6 as in RFC 5952, without brackets. */
export function formatAddress(address: Address): string {
  if (typeof address === "number") {
    return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
  }
  const groups = (address.match(/.{4}/g) ?? []).map((group) => Number.parseInt(group, 16).toString(16));
  const { start, length } = longestZeroRun(groups);
  if (length < 2) return groups.join(":");
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`;
}

/** `1.2.3.4:80` or `[::1]:80`. */
export function formatEndpoint(address: Address, port: number): string {
  const text = formatAddress(address);
  return typeof address === "number" ? `${text}:${port}` : `[${text}]:${port}`;
}

/**
 * Parses an address: IPv4 as four decimal numbers without leading zeros, IPv6 as in RFC 4291 without brackets or zone.
 * Null if it is neither.
 */
export function parseAddress(text: string): Address | null {
  if (!text.includes(":")) return parseIpv4(text);
  const hex = parseIpv6(text);
  return hex === null ? null : addressFromHex(hex);
}

/**
 * Returns a test of whether an address is in a network: `10.0.0.0/8`, `fe80::/10`, or a single address. Bits after the
 * prefix are ignored. IPv4 addresses match only IPv4 networks, including v4-mapped ones (`::ffff:10.0.0.0/104` is
 * `10.0.0.0/8`), and IPv6 addresses only IPv6 networks. Null if the text is not a network.
 */
export function parseNetwork(text: string): ((address: Address) => boolean) | null {
  const slash = text.indexOf("/");
  const host = slash === -1 ? text : text.slice(0, slash);
  const base = parseAddress(host);
  if (base === null) return null;
  const width = host.includes(":") ? 128 : 32;
  const prefix = slash === -1 ? width : parsePrefix(text.slice(slash + 1), width);
  if (typeof base === "string") return Number.isNaN(prefix) ? null : ipv6Network(base, prefix);
  const length = prefix - (width - 32);
  return length >= 0 ? ipv4Network(base, length) : null;
}

function parsePrefix(text: string, width: number): number {
  return /^\d{1,3}$/.test(text) && Number(text) <= width ? Number(text) : NaN;
}

function ipv4Network(base: number, prefix: number): (address: Address) => boolean {
  const mask = prefix === 0 ? 0 : -1 << (32 - prefix);
  const wanted = base & mask;
  return (address) => typeof address === "number" && (address & mask) === wanted;
}

function ipv6Network(base: string, prefix: number): (address: Address) => boolean {
  const digits = prefix >> 2;
  const head = base.slice(0, digits);
  const spare = 4 - (prefix & 3);
  if (spare === 4) return (address) => typeof address === "string" && address.startsWith(head);
  const wanted = Number.parseInt(base.charAt(digits), 16) >> spare;
  return (address) =>
    typeof address === "string" &&
    address.startsWith(head) &&
    Number.parseInt(address.charAt(digits), 16) >> spare === wanted;
}

function parseIpv4(text: string): number | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  let address = 0;
  for (const part of parts) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null;
    address = address * 256 + Number(part);
  }
  return address;
}

/** The 32 hex digits of an IPv6 address, or null. */
function parseIpv6(text: string): string | null {
  const halves = dottedPartAsHex(text)?.split("::") ?? [];
  const [head, tail] = halves.map((half) => (half === "" ? [] : half.split(":")));
  if (head === undefined || halves.length > 2) return null;
  const zeros = 8 - head.length - (tail?.length ?? 0);
  if (tail === undefined ? zeros !== 0 : zeros < 1) return null;
  const groups = [...head, ...Array.from({ length: zeros }, () => "0"), ...(tail ?? [])];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  return groups.map((group) => group.toLowerCase().padStart(4, "0")).join("");
}

/** `::ffff:10.0.0.1` as `::ffff:a00:1`, other text unchanged; null if the dotted part is not an IPv4 address. */
function dottedPartAsHex(text: string): string | null {
  const start = text.lastIndexOf(":") + 1;
  const end = text.slice(start);
  if (!end.includes(".")) return text;
  const address = parseIpv4(end);
  if (address === null) return null;
  return `${text.slice(0, start)}${(address >>> 16).toString(16)}:${(address & 0xffff).toString(16)}`;
}

function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === "0" ? length + 1 : 0;
    if (length > best.length) best = { start: index - length + 1, length };
  }
  return best;
}
