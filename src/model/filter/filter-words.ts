/** One term; `key` is null if it has none. */
export interface Word {
  readonly raw: string;
  readonly negated: boolean;
  readonly key: string | null;
  readonly values: readonly string[];
  readonly unclosed: boolean;
}

const BLANK = /\s/;

export function readWords(text: string): Word[] {
  const words: Word[] = [];
  for (let at = 0; at < text.length; at++) {
    if (BLANK.test(text.charAt(at))) continue;
    const word = readWord(text, at);
    words.push(word);
    at += word.raw.length;
  }
  return words;
}

function readWord(text: string, start: number): Word {
  let at = start;
  while (text.charAt(at) === "!") at++;
  const negated = (at - start) % 2 === 1;
  let key: string | null = null;
  let values = [""];
  let quoted = false;
  for (; at < text.length && (quoted || !BLANK.test(text.charAt(at))); at++) {
    const char = text.charAt(at);
    if (char === '"') quoted = !quoted;
    else if (char === "," && !quoted) values.push("");
    else if (char === ":" && !quoted && key === null) {
      key = values.join(",");
      values = [""];
    } else values.push(`${values.pop() ?? ""}${char}`);
  }
  return { raw: text.slice(start, at), negated, key, values, unclosed: quoted };
}
