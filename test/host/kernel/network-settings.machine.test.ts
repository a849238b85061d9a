import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { parseSettings, readOwnSettings, SETTING_FILES } from "#src/host/kernel/network-settings.ts";
import { startNetns } from "#test/support/machine/netns.ts";

test("each namespace has its own", async () => {
  const netns = await startNetns();
  const [file = "", ...words] = netns.enter;
  const run = (...command: string[]): string => execFileSync(file, [...words, ...command], { encoding: "utf8" });
  run("sh", "-c", "echo 20000 20999 > /proc/sys/net/ipv4/ip_local_port_range");
  run("sh", "-c", "echo 20000-20009 > /proc/sys/net/ipv4/ip_local_reserved_ports");
  const theirs = parseSettings(run("sh", "-c", `grep -s "" ${SETTING_FILES.join(" ")} || true`));
  expect(theirs).toMatchObject({ firstPort: 20_000, lastPort: 20_999, reservedPorts: 10 });
  expect(theirs?.sysctls).toMatchObject({ "net.core.somaxconn": "4096", "net.ipv4.tcp_syn_retries": "6" });
  expect(readOwnSettings()).not.toMatchObject({ firstPort: 20_000 });
});
