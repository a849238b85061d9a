import { BlockList, isIP } from "node:net";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addressFromHex,
  formatAddress,
  formatEndpoint,
  isUnspecified,
  parseAddress,
  parseNetwork,
} from "#src/model/net/address.ts";

describe("IPv4", () => {
  test.each([
    [0x7f00_0001, "127.0.0.1"],
    [0, "0.0.0.0"],
    [0xffff_ffff, "255.255.255.255"],
    [0xc0a8_01fe, "192.168.1.254"],
  ])("%i is %s", (address, text) => {
    expect(formatAddress(address)).toBe(text);
  });

  test("any four bytes are printed with dots", () => {
    fc.assert(
      fc.property(fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)), (bytes) => {
        expect(formatAddress(Buffer.from(bytes).readUInt32BE())).toBe(bytes.join("."));
      }),
    );
  });
});

describe("IPv6", () => {
  // RFC 5952, 4.1 to 4.3: no leading zeros, the longest run of zeros shortened, the first of equal ones, never one alone.
  test.each([
    ["00000000000000000000000000000000", "::"],
    ["00000000000000000000000000000001", "::1"],
    ["20010db8000000000000000000000001", "2001:db8::1"],
    ["20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"],
    ["20010db8000000000001000000000001", "2001:db8::1:0:0:1"],
    ["20010000000000010000000000000001", "2001:0:0:1::1"],
    ["fe800000000000000000000000000000", "fe80::"],
    ["20010db8aaaabbbbccccddddeeee0aaa", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaa"],
  ])("%s is %s", (hex, text) => {
    expect(formatAddress(addressFromHex(hex))).toBe(text);
  });

  test("any address is written as URLs write it", () => {
    const group = fc.oneof(fc.constant("0000"), fc.stringMatching(/^[0-9a-f]{4}$/));
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const address = addressFromHex(groups.join(""));
        fc.pre(typeof address === "string");
        expect(`[${formatAddress(address)}]`).toBe(new URL(`http://[${groups.join(":")}]`).hostname);
      }),
    );
  });

  test("a v4-mapped address is an IPv4 address", () => {
    expect(addressFromHex("00000000000000000000ffff0a000002")).toBe(0x0a00_0002);
    expect(addressFromHex("00000000000000000000ffffffffffff")).toBe(0xffff_ffff);
    expect(addressFromHex("000000000000000000000000ffff0a00")).toBe("000000000000000000000000ffff0a00");
  });
});

test("an endpoint has brackets only around IPv6 addresses", () => {
  expect(formatEndpoint(0x0102_0304, 80)).toBe("1.2.3.4:80");
  expect(formatEndpoint("00000000000000000000000000000001", 65_535)).toBe("[::1]:65535");
});

test("0.0.0.0 and :: are the unspecified addresses", () => {
  expect(isUnspecified(0)).toBe(true);
  expect(isUnspecified("0".repeat(32))).toBe(true);
  expect(isUnspecified(1)).toBe(false);
  expect(isUnspecified(`${"0".repeat(31)}1`)).toBe(false);
});

describe("an address from text", () => {
  test.each([
    ["127.0.0.1", 0x7f00_0001],
    ["0.0.0.0", 0],
    ["255.255.255.255", 0xffff_ffff],
    ["::", "0".repeat(32)],
    ["::1", `${"0".repeat(31)}1`],
    ["2001:DB8::1", "20010db8000000000000000000000001"],
    ["1:2:3:4:5:6:7::", "00010002000300040005000600070000"],
    ["::2:3:4:5:6:7:8", "00000002000300040005000600070008"],
    ["64:ff9b::10.0.0.2", "0064ff9b00000000000000000a000002"],
    ["::ffff:10.0.0.2", 0x0a00_0002],
    ["::FFFF:a00:2", 0x0a00_0002],
    ["0:0:0:0:0:ffff:255.255.255.255", 0xffff_ffff],
  ])("%s", (text, address) => {
    expect(parseAddress(text)).toBe(address);
  });

  test.each(
    [
      [
        "",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "01.2.3.4",
        "1.2.3.",
        "1.2.3.4 ",
        "+1.2.3.4",
        "0x1.2.3.4",
        "localhost",
      ],
      [
        ":",
        ":::",
        "1::2::3",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4::5:6:7:8",
        ":1::",
        "1::2:",
        "12345::",
        "g::",
      ],
      [
        "[::1]",
        "fe80::1%eth0",
        "::1.2.3",
        "::1.2.3.4:5",
        "1.2.3.4::",
        "1:2:3:4:5:6:7:1.2.3.4",
        "::1/128",
        "1.2.3.4:80",
      ],
    ].flat(),
  )("%j is not an address", (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  test("any text is an address if and only if Node.js says so", () => {
    const part = fc.constantFrom(
      ":",
      ":",
      "::",
      ".",
      "0",
      "1",
      "25",
      "255",
      "256",
      "ffff",
      "FFFF:",
      "1.2.3.4",
      "a:",
      "::",
    );
    const text = fc.array(part, { maxLength: 16 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(text, fc.ipV4(), fc.ipV6(), fc.string()), (any) => {
        fc.pre(!any.includes("%"));
        expect(parseAddress(any) !== null).toBe(isIP(any) !== 0);
      }),
      { numRuns: 2000 },
    );
  });

  test("any address survives formatting and parsing", () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(0xffff_ffff), fc.stringMatching(/^[0-9a-f]{32}$/)), (written) => {
        const address = typeof written === "string" ? addressFromHex(written) : written;
        expect(parseAddress(formatAddress(address))).toBe(address);
      }),
    );
  });
});

/** Whether the network contains the address; undefined if either is invalid. */
function holds(network: string, text: string): boolean | undefined {
  const address = parseAddress(text);
  return address === null ? undefined : parseNetwork(network)?.(address);
}

/** The same bits, or all but one of them. */
function near(bits: bigint, width: number): fc.Arbitrary<bigint> {
  return fc.oneof(
    fc.nat(width - 1).map((bit) => bits ^ (1n << BigInt(bit))),
    fc.constant(bits),
  );
}

describe("a network", () => {
  test.each([
    ["0.0.0.0/0", ["0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"], ["::", "::1"]],
    ["128.0.0.0/1", ["128.0.0.0", "255.255.255.255"], ["127.255.255.255"]],
    ["10.0.0.0/8", ["10.0.0.0", "10.255.255.255"], ["9.255.255.255", "11.0.0.0"]],
    ["10.1.2.3/8", ["10.9.9.9"], ["11.1.2.3"]],
    ["192.168.1.2/31", ["192.168.1.2", "192.168.1.3"], ["192.168.1.1", "192.168.1.4"]],
    ["192.168.1.2/32", ["192.168.1.2"], ["192.168.1.3"]],
    ["192.168.1.2", ["192.168.1.2"], ["192.168.1.3"]],
    ["::/0", ["::", "ffff::"], ["0.0.0.0", "1.2.3.4"]],
    ["fe80::/10", ["fe80::1", "febf::1"], ["fe7f::1", "fec0::1"]],
    ["2001:db8::/33", ["2001:db8:7fff::"], ["2001:db8:8000::"]],
    ["2001:db8::/127", ["2001:db8::", "2001:db8::1"], ["2001:db8::2"]],
    ["2001:db8::1/128", ["2001:db8::1"], ["2001:db8::"]],
    ["2001:db8::1", ["2001:db8::1"], ["2001:db8::"]],
    ["::ffff:10.0.0.0/104", ["10.1.2.3"], ["11.0.0.0"]],
    ["::ffff:0:0/96", ["0.0.0.0", "255.255.255.255"], ["::1"]],
    ["::ffff:10.0.0.1/128", ["10.0.0.1"], ["10.0.0.0"]],
  ])("%s", (network, inside, outside) => {
    for (const text of inside) expect(holds(network, text), text).toBe(true);
    for (const text of outside) expect(holds(network, text), text).toBe(false);
  });

  test.each([
    "10.0.0.0/33",
    "::/129",
    "10.0.0.0/",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "10.0.0.0/1.5",
    "10.0.0.0/255.0.0.0",
  ])("%s is none", (text) => {
    expect(parseNetwork(text)).toBeNull();
  });

  test.each(["/8", "", "10/8", "[fe80::]/10", "::ffff:0:0/95", "::ffff:0:0/x"])("%j is not a network", (text) => {
    expect(parseNetwork(text)).toBeNull();
  });

  test("contains what Node.js's BlockList contains", () => {
    const any = fc.constantFrom(32, 128).chain((width) =>
      fc.bigInt(0n, (1n << BigInt(width)) - 1n).chain((bits) =>
        fc.record({
          width: fc.constant(width),
          prefix: fc.nat(width),
          base: fc.constant(bits),
          other: near(bits, width),
        }),
      ),
    );
    fc.assert(
      fc.property(any, ({ width, prefix, base, other }) => {
        const text = (bits: bigint): string =>
          formatAddress(width === 32 ? Number(bits) : addressFromHex(bits.toString(16).padStart(32, "0")));
        fc.pre(width === 32 || (text(base).includes(":") && text(other).includes(":")));
        const family = width === 32 ? "ipv4" : "ipv6";
        const list = new BlockList();
        list.addSubnet(text(base), prefix, family);
        expect(holds(`${text(base)}/${prefix}`, text(other))).toBe(prefix === 0 || list.check(text(other), family));
      }),
      { numRuns: 500 },
    );
  });
});
