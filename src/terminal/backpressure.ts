/** Frames are skipped while more bytes than this wait for the terminal. */
const MOST_WAITING = 64 * 1024;

interface Handle {
  readonly fd: number;
  setBlocking(blocking: boolean): number;
}

/**
 * Node writes to a terminal synchronously: one that does not read (ssh over a bad connection) would stop the tracing.
 * This makes writes wait in memory instead; `behind` says when frames should be skipped.
 */
export function unblockOutput(output: NodeJS.WriteStream): { behind(): boolean; restore(): void } {
  const handle: unknown = Reflect.get(output, "_handle");
  /* Descriptor 1 itself is shared with the shell, whose terminal must stay blocking; libuv usually opens its own. */
  const own = isHandle(handle) && handle.fd > 2;
  if (own) handle.setBlocking(false);
  return {
    behind: () => output.writableLength > MOST_WAITING,
    restore: () => {
      if (own) handle.setBlocking(true);
    },
  };
}

function isHandle(value: unknown): value is Handle {
  return (
    typeof value === "object" &&
    value !== null &&
    "fd" in value &&
    typeof value.fd === "number" &&
    "setBlocking" in value
  );
}
