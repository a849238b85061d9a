import type { Address } from "#src/model/net/address.ts";

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/** An address with these 16-bit groups, by position; all others are zero. */
function groups(values: Readonly<Record<number, number>>): Address {
  return Array.from({ length: 8 }, (_, place) => hex(values[place] ?? 0, 4)).join("");
}

/** Families of addresses that an attacker with one network can choose from. Each number gives a different address. */
export const ADDRESS_FAMILIES: ReadonlyMap<string, (index: number) => Address> = new Map([
  ["2001:db8:N::1", (index: number) => groups({ 0: 0x2001, 1: 0xdb8, 2: index, 7: 1 })],
  ...[0, 1, 2, 3, 4, 5, 6].map(
    (place) => [`N::1 in group ${place + 1}`, (index: number) => groups({ [place]: index + 1, 7: 1 })] as const,
  ),
  ["::N", (index: number) => groups({ 7: index + 1 })],
  [
    "in the upper bits of two groups",
    (index: number) => groups({ 1: (index & 127) << 9, 3: (index >>> 7) << 9, 7: 1 }),
  ],
  ["whose groups cancel out", (index: number) => groups({ 0: 0x2001, 4: index, 6: index })],
  ["in 127/8", (index: number) => 0x7f00_0000 + index],
  ["N.M.0.0", (index: number) => ((index & 127) * 2 ** 24 + (index >>> 7) * 2 ** 16) >>> 0],
]);
