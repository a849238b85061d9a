/**
 * Whether the terminal shows Unicode. Without a locale, as in most containers and many ssh sessions, it nearly always
 * does. It does not where the locale names another character set, nor on the Linux console, whose font has none of our
 * symbols.
 */
export function takesUnicode(environment: Readonly<Record<string, string | undefined>>): boolean {
  if (environment["TERM"] === "linux") return false;
  const locale = environment["LC_ALL"] || environment["LC_CTYPE"] || environment["LANG"] || "";
  const [, charset] = /\.([\w-]+)/.exec(locale) ?? [];
  return charset === undefined || /^utf-?8$/i.test(charset);
}
