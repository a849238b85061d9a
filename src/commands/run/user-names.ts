import { readUserNames } from "../../host/machine/user-names.ts";
import type { UserName } from "../../view/format/table.ts";

/** User names of this machine, read once. */
export function userNames(): UserName {
  const names = readUserNames();
  return (uid) => names.get(uid);
}
