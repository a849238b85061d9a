/**
 * Text from outside (process names, command lines) made harmless: characters that could move the cursor, colour the
 * screen, or break or reorder a line become visible text: `\x1b` for a byte, `\u{202e}` for a character.
 */

/* Controls (C0, DEL, C1), line and paragraph separators, bidi and zero-width marks, surrogates, tags, private use. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/gu;
const ASCII_SAFE = /^[\x20-\x7e]*$/;

/** Makes a string safe to print. */
export function safeText(text: string): string {
  if (ASCII_SAFE.test(text)) return text;
  return text.replace(UNSAFE, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/** The first `chars` of a text; a surrogate pair that the cut would split is left out. */
export function cutText(text: string, chars: number): string {
  return text.slice(0, chars).replace(/[\ud800-\udbff]$/, "");
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Makes bytes safe to print: valid UTF-8 as it is, every other byte as `\xNN`. */
export function safeBytes(bytes: Uint8Array): string {
  let text = "";
  let start = 0;
  while (start < bytes.length) {
    const end = validUntil(bytes, start);
    if (end > start) text += safeText(decoder.decode(bytes.subarray(start, end)));
    if (end < bytes.length) text += `\\x${(bytes[end] ?? 0).toString(16).padStart(2, "0")}`;
    start = end + 1;
  }
  return text;
}

/** Index of the first byte at or after `start` that does not begin a valid UTF-8 character (RFC 3629). */
function validUntil(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length) {
    const length = sequenceLength(bytes[at] ?? 0);
    if (length === 0 || at + length > bytes.length) return at;
    if (length > 1 && !decodes(bytes.subarray(at, at + length))) return at;
    at += length;
  }
  return at;
}

function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

function decodes(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
