import { readFileSync } from "node:fs";
import { debug } from "../../base/debug.ts";
import { safeText } from "../../base/text.ts";

/** Names of users by uid, as listed in /etc/passwd (passwd(5)), safe to print. Other users have none. */
export function readUserNames(): ReadonlyMap<number, string> {
  try {
    return parsePasswd(readFileSync("/etc/passwd", "utf8"));
  } catch (error) {
    debug("cannot read the names of users", error);
    return new Map();
  }
}

/** The first name of each uid wins, as in getpwuid(3). */
function parsePasswd(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split("\n")) {
    const [name, , uid] = line.split(":");
    if (name === undefined || name === "" || uid === undefined || !/^\d+$/.test(uid)) continue;
    if (!names.has(Number(uid))) names.set(Number(uid), safeText(name));
  }
  return names;
}
