import { Writable } from "node:stream";
import { type OutStream, Session } from "#src/commands/run/session.ts";

/** A session whose output is kept as text. */
export interface KeptSession {
  readonly session: Session;
  readonly stdout: () => string;
  readonly stderr: () => string;
}

export function keptSession(): KeptSession {
  const out = keptStream();
  const err = keptStream();
  return {
    session: new Session(out.stream, err.stream, new AbortController()),
    stdout: out.text,
    stderr: err.text,
  };
}

function keptStream(): { readonly stream: OutStream; readonly text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}
