/** The code of a system call's failure, such as `ENOENT`; "" for any other error. */
export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Whether a read of /proc/PID failed because the process has gone: ENOENT at open, ESRCH at read (man 5 proc). */
export function hasVanished(error: unknown): boolean {
  const code = errorCode(error);
  return code === "ENOENT" || code === "ESRCH";
}

/** Whether a read of /proc/PID failed because the process has gone, or permission was denied. Surveys report both. */
export function isGoneOrForbidden(error: unknown): boolean {
  return hasVanished(error) || ["EACCES", "EPERM"].includes(errorCode(error));
}

/** Whether a system call failed, rather than our own code or an abort. */
export function isSystemError(error: unknown): boolean {
  return /^E[A-Z0-9]+$/.test(errorCode(error));
}
