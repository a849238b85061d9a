/** Longer texts are cut: some terminals drop an OSC of more than about 10,000 bytes, or print it. */
const MOST_BYTES = 8192;
/** GNU screen accepts no more than this in one string. */
const SCREEN_PIECE = 512;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The sequence that makes the terminal put a text on its clipboard (OSC 52; xterm, ctlseqs), also over ssh. A
 * multiplexer in between passes it on if it is wrapped. tmux does so only with `allow-passthrough`, but handles the
 * plain sequence itself with `set-clipboard on`, so it gets both.
 */
export function clipboardSequence(text: string, environment: Environment): string {
  const whole = Buffer.from(text);
  // Drops the rest of a character that the cut has split.
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
