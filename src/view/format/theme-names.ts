/** The themes that `T` cycles through. Only the first needs red to look different from green. */
export const THEMES = ["default", "high-contrast", "color-blind", "mono"] as const;
export type ThemeName = (typeof THEMES)[number];

/** The next theme, wrapping around. */
export function nextTheme(name: ThemeName): ThemeName {
  return THEMES[(THEMES.indexOf(name) + 1) % THEMES.length] ?? "default";
}
