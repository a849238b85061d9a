import { expect, it } from "vitest";
import { UserError } from "#src/base/errors.ts";
import type { EventInput } from "#src/commands/run/event-input.ts";
import { foldInput } from "#src/commands/run/watch.ts";
import { keptSession } from "#test/support/machine/session.ts";

const SILENT: EventInput = {
  recording: null,
  userName: () => undefined,
  events: async function* () {},
  sayFaults: () => {},
};

it("Ctrl-C before anything was seen is not a failure", async () => {
  const { session } = keptSession();
  session.shutdown.abort("SIGINT");
  expect(await foldInput(SILENT, 5000, session)).toBeNull();
});

it("a source that ends before anything was seen is a failure", async () => {
  await expect(foldInput(SILENT, 5000, keptSession().session)).rejects.toThrow(UserError);
});
