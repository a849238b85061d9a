import { expect, test } from "vitest";
import { readPrivileges } from "#src/host/kernel/capabilities.ts";
import { asNobody, isRoot } from "#test/support/machine/children.ts";

test.skipIf(!isRoot)("root has them, nobody has not", async () => {
  expect(readPrivileges().isRoot).toBe(true);
  expect(await asNobody(readPrivileges)).toEqual({ isRoot: false, sysAdmin: false, bpf: false, perfmon: false });
  expect(readPrivileges().isRoot).toBe(true);
});
