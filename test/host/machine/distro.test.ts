import { describe, expect, test } from "vitest";
import { installCommand } from "#src/host/machine/distro.ts";

describe("installCommand", () => {
  test.each([
    ["ID=debian\n", "apt-get install bpftrace"],
    ['NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n', "apt-get install bpftrace"],
    ["ID=fedora\n", "dnf install bpftrace"],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', "dnf install bpftrace"],
    ["ID=alpine\n", "apk add bpftrace"],
    ['ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', "zypper install bpftrace"],
    ["ID=arch\n", "pacman -S bpftrace"],
    ["ID=manjaro\nID_LIKE=arch\n", "pacman -S bpftrace"],
    ["ID=nixos\n", null],
    ["VARIANT_ID=debian\n", null],
    ["", null],
  ])("%j", (text, command) => {
    expect(installCommand(text, "bpftrace")).toBe(command);
  });
});
