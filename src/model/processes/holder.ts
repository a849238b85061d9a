/** A process that holds a socket, with its descriptor if known. */
export interface Holder {
  readonly pid: number;
  readonly fd: number | null;
}
