/**
 * How long a stop may take. A process that nothing can continue (pid 1, no shell) is not stopped, and resumes after
 * this.
 */
const STOP_MS = 100;

/**
 * Handles Ctrl-Z, `kill -TSTP` and `fg`. blessed's own handling loses the bytes that leave the alternate screen, so the
 * shell's prompt would appear inside our screen.
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
  /* Also after SIGSTOP, which cannot be caught: the shell has changed the terminal's modes since. */
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
