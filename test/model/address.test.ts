import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressFromHex, formatAddress, formatEndpoint, isUnspecified } from "../../src/model/address.ts";

describe("IPv4", () => {
  test.each([
    [0x7f00_0001, "127.0.0.1"],
    [0, "0.0.0.0"],
    [0xffff_ffff, "255.255.255.255"],
    [0xc0a8_01fe, "192.168.1.254"],
  ])("%i is %s", (address, text) => {
    expect(formatAddress(address)).toBe(text);
  });

  test("any four bytes are these bytes with dots", () => {
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

test("an end has brackets around an IPv6 address only", () => {
  expect(formatEndpoint(0x0102_0304, 80)).toBe("1.2.3.4:80");
  expect(formatEndpoint("00000000000000000000000000000001", 65_535)).toBe("[::1]:65535");
});

test("all addresses are 0.0.0.0 and ::", () => {
  expect(isUnspecified(0)).toBe(true);
  expect(isUnspecified("0".repeat(32))).toBe(true);
  expect(isUnspecified(1)).toBe(false);
  expect(isUnspecified(`${"0".repeat(31)}1`)).toBe(false);
});
