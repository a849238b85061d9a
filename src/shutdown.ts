const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/**
 * The one owner of signals: the first that asks for the end aborts, the second ends at once. Without a listener of ours
 * SIGUSR1 would open Node's debugger to every local user, and this process is root's.
 */
export function onShutdown(): AbortController {
  const controller = new AbortController();
  // A command that is done aborts, too: only signals are counted.
  let wasAsked = false;
  for (const signal of END_SIGNALS) {
    process.on(signal, () => {
      if (wasAsked) process.exit(1);
      wasAsked = true;
      controller.abort(signal);
    });
  }
  process.on("SIGUSR1", () => {});
  // `| head -1`: whoever read us has gone. Nothing failed.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") return controller.abort("EPIPE");
      process.stderr.write(`tcptrace: cannot write the output: ${error.message}\n`);
      process.exit(1);
    });
  }
  return controller;
}
