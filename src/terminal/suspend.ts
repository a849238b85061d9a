/** How long a stop takes to come; a process that has nobody to continue it (pid 1, no shell) is not stopped at all. */
const STOP_MS = 100;

/**
 * Ctrl-Z, `kill -TSTP` and `fg`. blessed's own loses the bytes that leave the alternate screen, so the shell's prompt would
 * appear inside the picture.
 */
export function handleSuspend(screen: { leave(): void; enter(): void }): { suspend(): void; dispose(): void } {
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    screen.leave();
    /* With a listener the signal would not stop us. */
    process.off("SIGTSTP", stop);
    timer = setTimeout(resume, STOP_MS);
    process.kill(process.pid, "SIGTSTP");
  };
  const resume = (): void => {
    clearTimeout(timer);
    process.off("SIGTSTP", stop);
    process.on("SIGTSTP", stop);
    screen.enter();
  };
  process.on("SIGTSTP", stop);
  /* Also after SIGSTOP, which nobody can foresee: the shell has changed the terminal's modes meanwhile. */
  process.on("SIGCONT", resume);
  return {
    suspend: stop,
    dispose: () => {
      clearTimeout(timer);
      process.off("SIGTSTP", stop);
      process.off("SIGCONT", resume);
    },
  };
}
