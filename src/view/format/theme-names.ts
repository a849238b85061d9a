/** The sets of colours that `T` goes through. All but the first do without telling red from green. */
export const THEMES = ["default", "high-contrast", "color-blind", "mono"] as const;
export type ThemeName = (typeof THEMES)[number];

/** The one after, and round. */
export function nextTheme(name: ThemeName): ThemeName {
  return THEMES[(THEMES.indexOf(name) + 1) % THEMES.length] ?? "default";
}
