import { expect, test } from "vitest";
import { parseCounters, parseTimeWaitCount } from "#src/host/kernel/counters.ts";

const SNMP = `Ip: Forwarding DefaultTTL InReceives
Ip: 1 64 9
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs
Tcp: 1 200 120000 -1 11 12 13 14 15 16
`;
const NETSTAT = `TcpExt: SyncookiesSent TW TWRecycled TWKilled TCPTimeWaitOverflow Unheard
TcpExt: 1 2 3 4 5 6
IpExt: InNoRoutes TW
IpExt: 7 8
`;

test("a counter is found by its name, whatever its neighbours are", () => {
  expect(parseCounters(NETSTAT, parseCounters(SNMP, {}))).toEqual({
    ActiveOpens: 11,
    PassiveOpens: 12,
    AttemptFails: 13,
    EstabResets: 14,
    CurrEstab: 15,
    SyncookiesSent: 1,
    TW: 2,
    TWRecycled: 3,
    TWKilled: 4,
    TCPTimeWaitOverflow: 5,
  });
});

test("a counter that the kernel lacks is missing, and a cut text yields no wrong one", () => {
  expect(parseCounters("Tcp: ActiveOpens CurrEstab\nTcp: 4", {})).toEqual({ ActiveOpens: 4 });
  expect(parseCounters("Tcp: ActiveOpens", {})).toEqual({});
  expect(parseCounters("", {})).toEqual({});
});

test("sockstat counts mini-sockets", () => {
  const text = "sockets: used 120\nTCP: inuse 5 orphan 0 tw 12 alloc 8 mem 1\nUDP: inuse 3 mem 4\n";
  expect(parseTimeWaitCount(text)).toBe(12);
  expect(parseTimeWaitCount("sockets: used 1\n")).toBeNull();
});
