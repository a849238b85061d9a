import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCgroup } from "#src/host/processes/cgroup.ts";

const ID = "0123456789abcdef".repeat(4);
const SHORT = "0123456789ab";

describe("containers", () => {
  test.each([
    ["docker, cgroupfs", `0::/docker/${ID}`, SHORT],
    ["docker, systemd", `0::/system.slice/docker-${ID}.scope`, SHORT],
    ["docker, its own init below", `0::/system.slice/docker-${ID}.scope/init`, SHORT],
    ["docker in docker: the inner one", `0::/docker/${"f".repeat(64)}/docker/${ID}`, SHORT],
    ["version 1", `12:pids:/docker/${ID}\n1:name=systemd:/docker/${ID}\n0::/\n`, SHORT],
    ["version 1, known to one controller only", `4:memory:/docker/${ID}\n1:name=systemd:/\n0::/\n`, SHORT],
    ["containerd", `0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${ID}.scope`, SHORT],
    ["containerd, a wrong driver", `0::/system.slice/containerd.service/kubepods:cri-containerd:${ID}`, SHORT],
    ["kubelet, cgroupfs", `0::/kubepods/burstable/pod0f-1/${ID}`, SHORT],
    ["crio", `0::/kubepods.slice/crio-${ID}.scope/container`, SHORT],
    ["podman", `0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container`, SHORT],
    ["podman, cgroupfs", `0::/libpod_parent/libpod-${ID}`, SHORT],
    ["lxc 4", "0::/lxc.payload.web-1/system.slice/nginx.service", "web-1"],
    ["lxc 3", "9:cpu:/lxc/web\n0::/\n", "web"],
    ["nspawn", String.raw`0::/machine.slice/machine-deb\x2d12.scope/payload`, "deb-12"],
  ])("%s", (_, text, container) => {
    expect(parseCgroup(text).container).toBe(container);
  });

  test.each([
    "0::/",
    "0::/lxc",
    "0::/lxc.monitor.web",
    `0::/docker/${ID.slice(1)}`,
    `0::/machine.slice/crio-conmon-${ID}.scope`,
    "0::/system.slice/docker.service",
    "0::/system.slice/docker-notes.service",
    "",
  ])("none in %j", (text) => {
    expect(parseCgroup(text).container).toBeNull();
  });
});

describe("units", () => {
  test.each([
    ["a service", "0::/system.slice/nginx.service", "nginx.service"],
    ["a session", "0::/user.slice/user-1000.slice/session-3.scope", "session-3.scope"],
    ["a user's service", "0::/user.slice/user-1.slice/user@1.service/app.slice/dbus.service", "dbus.service"],
    ["a user's manager", "0::/user.slice/user-1.slice/user@1.service", "user@1.service"],
    ["groups of its own", "0::/system.slice/big.service/workers/1", "big.service"],
    ["version 1", "3:cpu:/\n1:name=systemd:/system.slice/nginx.service\n", "nginx.service"],
    ["in a container", "0::/lxc.payload.web/system.slice/nginx.service", "nginx.service"],
    ["around a container", `0::/system.slice/podman.service/libpod-${ID}.scope`, "podman.service"],
    ["only a container", `0::/system.slice/docker-${ID}.scope`, null],
    ["only a machine", "0::/machine.slice/machine-web.scope", null],
    ["a slice", "0::/system.slice", null],
    ["nothing but the ending", "0::/.service", null],
    ["nothing", "", null],
  ])("%s", (_, text, unit) => {
    expect(parseCgroup(text).unit).toBe(unit);
  });
});

test("names are safe and short, whatever the text contains", () => {
  expect(parseCgroup("0::/a\x1b[2J.service").unit).toBe("a\\x1b[2J.service");
  expect(parseCgroup(String.raw`0::/machine-a\x1b.scope`).container).toBe("a\\x1b");
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.boolean(), (name, isMachine) => {
      const { container, unit } = parseCgroup(`0::/${isMachine ? `machine-${name}.scope` : `${name}.service`}`);
      for (const text of [container ?? "", unit ?? ""]) {
        expect(text.length).toBeLessThanOrEqual(128);
        expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }
    }),
  );
});
