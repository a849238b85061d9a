import { readUserNames } from "../host/user-names.ts";
import type { UserName } from "../view/table.ts";

/** Tells users' names as this machine has them now. */
export function userNames(): UserName {
  const names = readUserNames();
  return (uid) => names.get(uid);
}
