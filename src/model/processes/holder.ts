/** A process that holds a socket, and by which descriptor as far as that is known. */
export interface Holder {
  readonly pid: number;
  readonly fd: number | null;
}
