import type { Recording } from "../recording/reader.ts";
import type { EventInput } from "./event-input.ts";
import type { TopOptions } from "./top.ts";
export async function showPlayer(
  _o: TopOptions & { recording: Recording; input: EventInput },
  _s: AbortController,
): Promise<void> {}
