import { expect, it } from "vitest";
import { UserError } from "#src/base/errors.ts";
import type { EventInput } from "#src/commands/run/event-input.ts";
import { watch } from "#src/commands/run/watch.ts";

const SILENT: EventInput = {
  recording: null,
  userName: () => undefined,
  events: async function* () {},
  sayFaults: () => {},
};

const durations = { asked: null, usual: 5000 };

it("Ctrl-C before anything was seen is no failure", async () => {
  const shutdown = new AbortController();
  shutdown.abort("SIGINT");
  expect(await watch(SILENT, durations, shutdown)).toBeNull();
});

it("a source that ends by itself before anything was seen is one", async () => {
  await expect(watch(SILENT, durations, new AbortController())).rejects.toThrow(UserError);
});
