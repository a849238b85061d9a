const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/**
 * The one owner of signals: the first that asks for the end aborts, the second ends at once. Without a listener of ours
 * SIGUSR1 would open Node's debugger to every local user, and this process is root's.
 */
export function onShutdown(): AbortController {
  const controller = new AbortController();
  for (const signal of END_SIGNALS) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(1);
      controller.abort(signal);
    });
  }
  process.on("SIGUSR1", () => {});
  // `| head -1`: whoever read us has gone. Nothing failed.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      controller.abort("EPIPE");
    });
  }
  return controller;
}
