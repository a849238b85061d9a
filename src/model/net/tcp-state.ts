/** The kernel's TCP states (include/net/tcp_states.h), without the TCP_ prefix. */
export const TCP = {
  ESTABLISHED: 1,
  SYN_SENT: 2,
  SYN_RECV: 3,
  FIN_WAIT1: 4,
  FIN_WAIT2: 5,
  TIME_WAIT: 6,
  CLOSE: 7,
  CLOSE_WAIT: 8,
  LAST_ACK: 9,
  LISTEN: 10,
  CLOSING: 11,
  NEW_SYN_RECV: 12,
  BOUND_INACTIVE: 13,
} as const;

export type TcpStateName = keyof typeof TCP;
export type TcpState = (typeof TCP)[TcpStateName];

/** The state that tcp_time_wait() was called for at the change to CLOSE; `unknown` if it is not traced. */
export type TimeWaitOutcome = typeof TCP.TIME_WAIT | typeof TCP.FIN_WAIT2 | "none" | "unknown";

export const TCP_STATE_MAX = 13;

const NAMES: readonly string[] = ["", ...Object.keys(TCP)];

/** Whether the kernel has a state with this number. */
export function isTcpState(number: number): number is TcpState {
  return number >= 1 && number <= TCP_STATE_MAX && Number.isInteger(number);
}

/** The kernel's name of a state, such as `CLOSE_WAIT`. */
export function stateName(state: TcpState): string {
  return NAMES[state] ?? "";
}
