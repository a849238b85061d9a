import { UserError } from "../../base/errors.ts";
import type { EventInputOptions } from "../run/event-input.ts";
import { type FoundSettings, writeSettings } from "./settings-file.ts";
import { settingsText, uiWith } from "./settings.ts";
import type { TopUiOptions } from "./top-ui.ts";
import type { Filter } from "../../model/filter/filter.ts";
import type { ThemeName } from "../../view/format/theme-names.ts";

export interface TopOptions extends EventInputOptions {
  readonly filter: Filter;
  readonly batch: boolean;
  /** The number of tables to print in batch mode; null for no limit. */
  readonly count: number | null;
  readonly intervalMs: number;
  readonly stuckAfterMs: number;
  readonly color: boolean;
  readonly ascii: boolean;
  readonly theme: ThemeName;
  readonly mouse: boolean;
  readonly settings: FoundSettings;
}

/** The options that the screen has, live or from a recording. */
export type ScreenOptions = Pick<TopUiOptions, "ascii" | "color" | "theme" | "mouse" | "begin" | "save" | "status">;

export function screenOptions({ ascii, color, theme, mouse, settings, stuckAfterMs }: TopOptions): ScreenOptions {
  return {
    ascii,
    color,
    theme,
    mouse,
    begin: (ui) => uiWith(ui, settings.settings),
    save: async (chosen) => {
      try {
        await writeSettings(settings.path, settingsText(chosen.ui, { ...chosen, stuckAfter: stuckAfterMs }));
        return `settings written to ${settings.path}`;
      } catch (error) {
        if (error instanceof UserError) return error.message;
        throw error;
      }
    },
    status: () => settings.warning,
  };
}
