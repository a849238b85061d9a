/** Where the bytes of a recording go. A `write` that fails has written nothing. */
export interface Sink {
  /** Bytes written so far. */
  readonly bytes: number;
  write(bytes: Buffer): Promise<void>;
  /** Discards all that was written, where that is possible. */
  clear?(): Promise<void>;
  close(): Promise<void>;
}
