import { expect, test } from "vitest";
import { isTcpState, stateName, TCP, type TcpState } from "#src/model/net/tcp-state.ts";

/* include/net/tcp_states.h */
const KERNEL: readonly (readonly [number: TcpState, name: string])[] = [
  [1, "ESTABLISHED"],
  [2, "SYN_SENT"],
  [3, "SYN_RECV"],
  [4, "FIN_WAIT1"],
  [5, "FIN_WAIT2"],
  [6, "TIME_WAIT"],
  [7, "CLOSE"],
  [8, "CLOSE_WAIT"],
  [9, "LAST_ACK"],
  [10, "LISTEN"],
  [11, "CLOSING"],
  [12, "NEW_SYN_RECV"],
  [13, "BOUND_INACTIVE"],
];

test.each(KERNEL)("state %i is %s", (number, name) => {
  expect(stateName(number)).toBe(name);
  expect(isTcpState(number)).toBe(true);
});

test("there are no others", () => {
  expect(Object.values(TCP).toSorted((a, b) => a - b)).toEqual(KERNEL.map(([number]) => number));
  for (const number of [0, 14, 15, -1, 1.5, NaN]) expect(isTcpState(number)).toBe(false);
});
