/** Longer texts are cut: some terminals drop an OSC of more than some ten thousand bytes, or draw it. */
const MOST_BYTES = 8192;
/** GNU screen takes no more in one string. */
const SCREEN_PIECE = 512;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What makes the terminal put a text on its clipboard (OSC 52; xterm, ctlseqs), also at the other end of ssh. A multiplexer in
 * between hands it on when it is wrapped; tmux does so with `allow-passthrough`, and takes the plain one itself with
 * `set-clipboard on`, so it gets both.
 */
export function clipboardSequence(text: string, environment: Environment): string {
  const whole = Buffer.from(text);
  // Where a character would be cut in two, what is left of it goes.
  const bytes = Buffer.from(
    whole
      .subarray(0, MOST_BYTES)
      .toString()
      .replace(/\uFFFD$/, ""),
  );
  const plain = `\x1b]52;c;${bytes.toString("base64")}\x07`;
  const term = environment["TERM"] ?? "";
  if (environment["TMUX"] !== undefined || term.startsWith("tmux")) {
    return `${plain}\x1bPtmux;${plain.replaceAll("\x1b", "\x1b\x1b")}\x1b\\`;
  }
  return environment["STY"] === undefined ? plain : inPieces(plain);
}

function inPieces(sequence: string): string {
  let wrapped = "";
  for (let from = 0; from < sequence.length; from += SCREEN_PIECE) {
    wrapped += `\x1bP${sequence.slice(from, from + SCREEN_PIECE)}\x1b\\`;
  }
  return wrapped;
}
