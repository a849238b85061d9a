/**
 * An IP address: IPv4 as an unsigned 32-bit number (127.0.0.1 is 0x7f000001), IPv6 as 32 lower-case hex digits in
 * network order. A v4-mapped IPv6 address (::ffff:a.b.c.d) is an IPv4 address: the peer knows it as no other.
 */
export type Address = number | string;

const V4_MAPPED = "00000000000000000000ffff";

/** Turns 32 hex digits into an Address, folding v4-mapped addresses to IPv4. */
export function addressFromHex(hex: string): Address {
  return hex.startsWith(V4_MAPPED) ? Number.parseInt(hex.slice(24), 16) : hex;
}

/** Whether the address is 0.0.0.0 or ::, that is: bound to all addresses, or not known yet. */
export function isUnspecified(address: Address): boolean {
  return typeof address === "number" ? address === 0 : /^0{32}$/.test(address);
}

/** Text of an address, IPv6 as RFC 5952 says and without brackets. */
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

function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === "0" ? length + 1 : 0;
    if (length > best.length) best = { start: index - length + 1, length };
  }
  return best;
}
