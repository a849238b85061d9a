const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/**
 * The only place that handles signals: the first end signal aborts, the second exits at once. Without a listener,
 * SIGUSR1 would open Node's debugger, through which any local user could run code as root.
 */
export function onShutdown(): AbortController {
  const controller = new AbortController();
  // A finished command aborts too, so `aborted` does not show whether a signal came.
  let wasSignalled = false;
  for (const signal of END_SIGNALS) {
    process.on(signal, () => {
      if (wasSignalled) process.exit(1);
      wasSignalled = true;
      controller.abort(signal);
    });
  }
  process.on("SIGUSR1", () => {});
  // The reader has exited, as in `| head -1`: that is not a failure.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") return controller.abort("EPIPE");
      process.stderr.write(`tcptrace: cannot write output: ${error.message}\n`);
      process.exit(1);
    });
  }
  return controller;
}
