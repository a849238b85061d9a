/**
 * Whether the terminal can be sent more than ASCII. Without a locale, as in most containers and over many ssh connections, it
 * nearly always can; it can't where the locale names another character set, and the console's font has none of our symbols.
 */
export function takesUnicode(environment: Readonly<Record<string, string | undefined>>): boolean {
  if (environment["TERM"] === "linux") return false;
  const locale = environment["LC_ALL"] || environment["LC_CTYPE"] || environment["LANG"] || "";
  const [, charset] = /\.([\w-]+)/.exec(locale) ?? [];
  return charset === undefined || /^utf-?8$/i.test(charset);
}
