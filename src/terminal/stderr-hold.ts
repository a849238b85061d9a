const MOST = 64 * 1024;

/**
 * Holds back what is written to stderr until `release`, if that is a terminal, where it would corrupt the screen;
 * `heard` is called with each piece at once.
 */
export function holdStderr(heard: (text: string) => void): { release(): void } {
  if (!process.stderr.isTTY) return { release: () => undefined };
  const held: string[] = [];
  let size = 0;
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
    if (size < MOST) {
      held.push(text);
      heard(text);
    }
    size += text.length;
    const done = rest.at(-1);
    if (typeof done === "function") process.nextTick(done);
    return true;
  };
  return {
    release: () => {
      process.stderr.write = write;
      if (held.length > 0) write(held.join(""));
    },
  };
}
