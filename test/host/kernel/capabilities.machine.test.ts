import { expect, test } from "vitest";
import { readPrivileges } from "#src/host/kernel/capabilities.ts";
import { asNobody } from "#test/support/machine/children.ts";
import { NEEDS_ROOT } from "#test/support/machine/needs-root.ts";

test("root has them, nobody has not", NEEDS_ROOT, async () => {
  expect(readPrivileges().isRoot).toBe(true);
  expect(await asNobody(readPrivileges)).toEqual({ isRoot: false, sysAdmin: false, bpf: false, perfmon: false });
  expect(readPrivileges().isRoot).toBe(true);
});
