import { expect, test } from "vitest";
import { readHostFigures } from "#src/host/kernel/host-figures.ts";

test("the machine's figures are found where the kernel has them", () => {
  const { openFiles, sysctls } = readHostFigures();
  expect(openFiles).toBeGreaterThan(0);
  expect(Number(sysctls["fs.nr_open"])).toBeGreaterThan(0);
});
