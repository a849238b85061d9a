import { readUserNames } from "../../host/machine/user-names.ts";
import type { UserName } from "../../view/format/table.ts";

/** Tells users' names as this machine has them now. */
export function userNames(): UserName {
  const names = readUserNames();
  return (uid) => names.get(uid);
}
