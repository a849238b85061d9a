import { describe, expect, test } from "vitest";
import { type Owner, taskIsOwner, UNKNOWN_OWNER } from "#src/model/processes/owner.ts";
import { TCP, type TcpState, type TcpStateName } from "#src/model/net/tcp-state.ts";

const ECONNABORTED = 103;
const known: Owner = { pid: 7, evidence: "accept" };
const throughListener: Owner = { pid: 7, evidence: "listener" };

describe("a task that runs a transition with the socket's lock held", () => {
  test.each<[string, TcpState, TcpState]>([
    ["connect()", TCP.CLOSE, TCP.SYN_SENT],
    ["listen()", TCP.CLOSE, TCP.LISTEN],
    ["close()", TCP.ESTABLISHED, TCP.FIN_WAIT1],
    ["close() in CLOSE_WAIT", TCP.CLOSE_WAIT, TCP.LAST_ACK],
    ["close() of a closed socket", TCP.CLOSE, TCP.CLOSE],
    ["close() after shutdown()", TCP.FIN_WAIT1, TCP.FIN_WAIT1],
  ])("is its owner by %s, whoever was known before", (_call, from, to) => {
    for (const before of [UNKNOWN_OWNER, throughListener, known]) expect(taskIsOwner(from, to, 0, before)).toBe(true);
  });

  test.each<[TcpStateName, TcpStateName]>([
    ["SYN_SENT", "ESTABLISHED"],
    ["SYN_RECV", "ESTABLISHED"],
    ["ESTABLISHED", "CLOSE_WAIT"],
    ["FIN_WAIT1", "FIN_WAIT2"],
    ["FIN_WAIT1", "CLOSING"],
    ["LAST_ACK", "CLOSE"],
    ["ESTABLISHED", "CLOSE"],
  ])("for the network's work %s to %s is believed only where nothing better is known", (from, to) => {
    expect(taskIsOwner(TCP[from], TCP[to], 0, UNKNOWN_OWNER)).toBe(true);
    expect(taskIsOwner(TCP[from], TCP[to], 0, throughListener)).toBe(true);
    for (const evidence of ["syscall", "accept", "inode"] as const)
      expect(taskIsOwner(TCP[from], TCP[to], 0, { pid: 7, evidence })).toBe(false);
  });

  test("is not an owner if it destroys the socket as `ss -K` does", () => {
    for (const from of [TCP.ESTABLISHED, TCP.CLOSE_WAIT, TCP.FIN_WAIT2, TCP.SYN_SENT])
      for (const before of [UNKNOWN_OWNER, throughListener, known])
        expect(taskIsOwner(from, TCP.CLOSE, ECONNABORTED, before)).toBe(false);
  });
});
