import { clip } from "../format/format.ts";
import { span } from "../format/frame.ts";
import { clockTime } from "../format/time.ts";
import { textView } from "./text-view.ts";
import type { OpenedView, Scene } from "./view.ts";

/** The messages of this run, newest first. */
export const MESSAGES_VIEW: OpenedView = {
  about: "Messages of this run, newest first: sources, losses, gaps, files. The last 500 are kept.",
  title: () => "messages",
  ...textView({
    lines: (scene) => {
      const texts = textsOf(scene);
      if (texts.length === 0) return [[span("no messages")]];
      return texts.map((text) => [span(clip(text, scene.size.columns))]);
    },
  }),
  copy: (scene) => textsOf(scene)[scene.level.index] ?? null,
};

function textsOf({ data }: Scene): string[] {
  return data.messages.map(({ wallMs, text }) => `${clockTime(wallMs).slice(0, 8)}  ${text}`).toReversed();
}
