import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SsReader, type SsRows } from "#src/host/kernel/ss-output.ts";

/* As `ss -tneiH state close-wait state listening` of iproute2 6.1 prints it; it pads the last line with blanks. */

const LISTENER =
  "LISTEN     0      16              127.0.0.1:8001            0.0.0.0:*     ino:31805167 sk:123d54 cgroup:/ <->";
const LISTENER_DETAILS = `\t bbr cwnd:10${" ".repeat(300)}`;

const CLOSE_WAIT =
  "CLOSE-WAIT 6      0               127.0.0.1:8001          127.0.0.1:49874 ino:31805169 sk:123d59 cgroup:/ -->";
const CLOSE_WAIT_DETAILS =
  "\t ts sack bbr wscale:10,10 rto:204 rtt:0.08/0.043 ato:40 mss:32768 pmtu:65535 rcvmss:536 advmss:65483 cwnd:11 " +
  "bytes_sent:3 bytes_acked:3 bytes_received:1 segs_out:2 segs_in:4 data_segs_out:1 send 36044800000bps lastsnd:4 " +
  "lastrcv:1608 lastack:12 pacing_rate 87112629440bps delivery_rate 6241523808bps delivered:2 app_limited " +
  `rcv_space:65483 rcv_ssthresh:65483 minrtt:0.042 snd_wnd:65536${" ".repeat(40)}`;

const LOOPBACK = 0x7f00_0001;

const SOCKET = {
  netns: 7,
  localAddress: LOOPBACK,
  localPort: 8001,
  remoteAddress: LOOPBACK,
  remotePort: 49_874,
  inode: 31_805_169,
  lastAckMs: 12,
  lastSentMs: 4,
};

function read(...lines: readonly string[]): SsRows {
  const reader = new SsReader(7);
  for (const line of lines) reader.line(line);
  return reader.rows;
}

/** The only connection of a row, with the details of CLOSE_WAIT_DETAILS. */
function ends(row: string): unknown {
  const { details, backlogs } = read(row, CLOSE_WAIT_DETAILS);
  expect([details.length, backlogs.length]).toEqual([1, 0]);
  return details[0];
}

describe("two lines per socket", () => {
  test("a connection", () => {
    expect(read(CLOSE_WAIT, CLOSE_WAIT_DETAILS)).toEqual({ details: [SOCKET], backlogs: [] });
  });

  test("a listener, of which only the backlog counts", () => {
    const backlog = { netns: 7, inode: 31_805_167, backlog: 16 };
    expect(read(LISTENER, LISTENER_DETAILS)).toEqual({ details: [], backlogs: [backlog] });
    const full = LISTENER.replace("LISTEN     0  ", "LISTEN     17 ");
    expect(read(full, LISTENER_DETAILS).backlogs).toEqual([backlog]);
    const any =
      "LISTEN     0      4096                  *:8004                  *:*     ino:31805242 sk:123d5b cgroup:/ v6only:0 <->";
    expect(read(any).backlogs).toEqual([{ netns: 7, inode: 31_805_242, backlog: 4096 }]);
  });

  test("many of them, each with its own details", () => {
    const second = CLOSE_WAIT.replace("49874", "49875").replace("31805169", "31805170");
    const secondDetails = CLOSE_WAIT_DETAILS.replace("lastsnd:4", "lastsnd:4000").replace(
      "lastack:12",
      "lastack:3600000",
    );
    const rows = read(LISTENER, LISTENER_DETAILS, CLOSE_WAIT, CLOSE_WAIT_DETAILS, second, secondDetails, LISTENER);
    expect(rows.backlogs.length).toBe(2);
    expect(rows.details).toEqual([
      SOCKET,
      { ...SOCKET, remotePort: 49_875, inode: 31_805_170, lastAckMs: 3_600_000, lastSentMs: 4000 },
    ]);
  });

  test("one not accepted yet has inode 0; one of another user shows its uid first", () => {
    expect(ends(CLOSE_WAIT.replace("ino:31805169", "ino:0"))).toEqual({ ...SOCKET, inode: 0 });
    expect(ends(CLOSE_WAIT.replace("ino:", "timer:(keepalive,119min,0) uid:1000 ino:"))).toEqual(SOCKET);
  });

  test("a missing time is 0", () => {
    const sent = CLOSE_WAIT_DETAILS.replace("lastsnd:4 ", "");
    expect(read(CLOSE_WAIT, sent).details).toEqual([{ ...SOCKET, lastSentMs: 0 }]);
    const acked = sent.replace("lastack:12 ", "");
    expect(read(CLOSE_WAIT, acked).details).toEqual([{ ...SOCKET, lastSentMs: 0, lastAckMs: 0 }]);
  });
});

test("details on the line of the socket are not read: a name on it could forge them", () => {
  expect(read(CLOSE_WAIT + CLOSE_WAIT_DETAILS.replace("\t", "")).details).toEqual([]);
});

describe("tuples", () => {
  test.each([
    ["[::1]:8003              [::1]:46306", `${"0".repeat(31)}1`, 8003, 46_306],
    ["[::ffff:127.0.0.1]:8004 [::ffff:127.0.0.1]:47160", LOOPBACK, 8004, 47_160],
    ["127.0.0.1%lo:8002          127.0.0.1:38232", LOOPBACK, 8002, 38_232],
    ["[fe80::1234]%d0:8005       [fe80::1234]:49298", "fe800000000000000000000000001234", 8005, 49_298],
    ["[fe80::1234]%eth0.100:8005       [fe80::1234]%eth0.100:49298", "fe800000000000000000000000001234", 8005, 49_298],
    ["[fe80::1234%d0]:8005       [fe80::1234%d0]:49298", "fe800000000000000000000000001234", 8005, 49_298],
    ["[::ffff:127.0.0.1]%lo:1 [::ffff:127.0.0.1]:65535", LOOPBACK, 1, 65_535],
  ])("%s", (text, address, localPort, remotePort) => {
    const row = CLOSE_WAIT.replace("127.0.0.1:8001          127.0.0.1:49874", text);
    const expected = { localAddress: address, localPort, remoteAddress: address, remotePort };
    expect(ends(row)).toEqual({ ...SOCKET, ...expected });
  });
});

describe("anything else is skipped", () => {
  test("other states and their details, which do not belong to the connection before them", () => {
    const other = CLOSE_WAIT.replace("CLOSE-WAIT", "ESTAB     ");
    expect(read(other, CLOSE_WAIT_DETAILS)).toEqual({ details: [], backlogs: [] });
    expect(read(CLOSE_WAIT, other, CLOSE_WAIT_DETAILS).details).toEqual([]);
    expect(read(CLOSE_WAIT, LISTENER, CLOSE_WAIT_DETAILS).details).toEqual([]);
  });

  test("details without a connection, and a connection's second details", () => {
    expect(read(CLOSE_WAIT_DETAILS).details).toEqual([]);
    expect(read(CLOSE_WAIT, CLOSE_WAIT_DETAILS, CLOSE_WAIT_DETAILS).details).toEqual([SOCKET]);
  });

  test.each([
    ["a cut row", "CLOSE-WAIT 6      0     127.0.0.1:8001"],
    ["no address", CLOSE_WAIT.replace("127.0.0.1:8001", "localhost:http")],
    ["an address that is none", CLOSE_WAIT.replace("127.0.0.1:8001", "127.0.0.256:8001")],
    ["a port that is none", CLOSE_WAIT.replace("127.0.0.1:8001", "127.0.0.1:*")],
    ["nothing", ""],
  ])("%s", (_what, row) => {
    expect(read(row, CLOSE_WAIT_DETAILS)).toEqual({ details: [], backlogs: [] });
    expect(read(row, CLOSE_WAIT_DETAILS, CLOSE_WAIT, CLOSE_WAIT_DETAILS).details).toEqual([SOCKET]);
  });

  test("a listener without an inode or a backlog", () => {
    expect(read(LISTENER.replace("ino:31805167 ", "")).backlogs).toEqual([]);
    expect(read("LISTEN     0").backlogs).toEqual([]);
  });
});

describe("properties", () => {
  const words = fc.constantFrom(
    "CLOSE-WAIT",
    "LISTEN",
    "ino:5",
    "lastack:9",
    "[::1]:80",
    "1.2.3.4:5",
    "%",
    "[",
    "]:",
    "\t",
    "0",
  );
  const anyLine = fc.oneof(
    fc.string({ unit: "binary", maxLength: 80 }),
    fc.array(words, { maxLength: 12 }).map((parts) => parts.join(" ")),
    fc.tuple(fc.nat(CLOSE_WAIT.length), fc.string({ maxLength: 3 })).map(([at, text]) => {
      return CLOSE_WAIT.slice(0, at) + text + CLOSE_WAIT.slice(at + text.length);
    }),
  );

  test("no line throws or yields an impossible number", () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 20 }), (lines) => {
        const { details, backlogs } = read(...lines);
        for (const { netns, localAddress, remoteAddress, ...numbers } of details) {
          expect(netns).toBe(7);
          expect(localAddress).not.toBeNull();
          expect(remoteAddress).not.toBeNull();
          for (const number of Object.values(numbers)) expect(number).toBeGreaterThanOrEqual(0);
        }
        for (const { inode, backlog } of backlogs) expect(Math.min(inode, backlog)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test("no line can change the socket after it", () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 20 }), (lines) => {
        expect(read(...lines, CLOSE_WAIT, CLOSE_WAIT_DETAILS).details.at(-1)).toEqual(SOCKET);
      }),
    );
  });
});

// FOUND: a cgroup may have any name, and ss prints it before the details.
test("a cgroup's name cannot forge details", () => {
  const named = CLOSE_WAIT.replace("cgroup:/", "cgroup:/a lastack:99999999 lastsnd:99999999 b");
  expect(read(named, CLOSE_WAIT_DETAILS).details).toEqual([SOCKET]);
});
