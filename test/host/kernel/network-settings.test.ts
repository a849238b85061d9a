import { expect, test } from "vitest";
import { parseSettings } from "#src/host/kernel/network-settings.ts";

const setting = (name: string, value: string): string => `/proc/sys/net/ipv4/${name}:${value}`;

const RANGE = setting("ip_local_port_range", "32768\t60999");
const LIMIT = setting("tcp_max_tw_buckets", "131072");

test("settings that an old kernel lacks have the value built into it", () => {
  expect(parseSettings([RANGE, LIMIT].join("\n"))).toEqual({
    timeWaitLimit: 131_072,
    firstPort: 32_768,
    lastPort: 60_999,
    reservedPorts: 0,
    timeWaitReuse: 0,
    reuseDelayMs: 1000,
    timestamps: true,
    finTimeoutMs: 60_000,
    sysctls: { "net.ipv4.ip_local_port_range": "32768 60999", "net.ipv4.tcp_max_tw_buckets": "131072" },
  });
});

test.each([
  ["", 0],
  ["8080", 0],
  ["32768", 1],
  ["8080,40000-40009,50000", 11],
  ["30000-32770", 3],
  ["60990-65535", 10],
  ["1-65535", 28_232],
])("of the reserved ports %j %d are in the range", (list, expected) => {
  const text = [RANGE, LIMIT, setting("ip_local_reserved_ports", list)].join("\n");
  expect(parseSettings(text)?.reservedPorts).toBe(expected);
});

test.each(["", LIMIT, RANGE, setting("ip_local_port_range", "x y")])("%j is not a set of settings", (text) => {
  expect(parseSettings(text)).toBeNull();
});
