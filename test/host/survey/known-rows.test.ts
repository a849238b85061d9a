import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KnownRows } from "#src/host/survey/known-rows.ts";
import { type NetTcpRows, parseProcNetTcp } from "#src/host/survey/proc-net-tcp.ts";

const NETNS = 7;
const HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

/** The contents of a line of /proc/net/tcp, without its row number. */
interface Line {
  readonly port: number;
  readonly state: string;
  readonly queue: number;
  readonly timer: number;
  readonly inode: string;
  readonly isIpv6: boolean;
  /** What comes after the inode. */
  readonly tail: string;
}

const CALM: Line = {
  port: 80,
  state: "01",
  queue: 0,
  timer: 0,
  inode: "4242",
  isIpv6: false,
  tail: " 1 0000 100 0 0 10 0",
};

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}

function text(lines: readonly Line[]): Buffer {
  const rows = lines.map(({ port, state, queue, timer, inode, isIpv6, tail }, index) => {
    const end = `${isIpv6 ? "0".repeat(24) : ""}0100007F:${hex(port, 4)}`;
    const kind = state === "06" ? "03" : "00";
    const rest = `00000000:${hex(queue, 8)} ${kind}:${hex(timer, 8)} 00000000  1000        0 ${inode}${tail}`;
    return `${String(index).padStart(4)}: ${end} ${end} ${state} ${rest}`.padEnd(149);
  });
  return Buffer.from(`${HEADER}${rows.join("\n")}${rows.length === 0 ? "" : "\n"}`, "latin1");
}

/** Reads a table in runs of whole lines, each of at least this many bytes. */
function read(known: KnownRows, bytes: Buffer, run = 1000): NetTcpRows {
  const rows: NetTcpRows = { sockets: [], timeWaits: [] };
  known.begin();
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf("\n", Math.min(at + run, bytes.length - 1));
    const end = newline === -1 ? bytes.length : newline + 1;
    known.parse(bytes.subarray(at, end), rows);
    at = end;
  }
  known.end();
  return rows;
}

const anyLine: fc.Arbitrary<Line> = fc.record({
  port: fc.integer({ min: 1, max: 6 }),
  state: fc.constantFrom("01", "06", "08", "0A", "FF"),
  queue: fc.nat(2),
  timer: fc.nat(2),
  inode: fc.constantFrom("0", "4", "42", "421", "x", ""),
  isIpv6: fc.boolean(),
  tail: fc.constantFrom("", " 1", " 2 0000", "7", "x"),
});

const few = fc.array(anyLine, { maxLength: 12 });
/** Many lines, some of which differ from the last table's. */
const many = fc.tuple(
  fc.array(anyLine, { minLength: 10, maxLength: 40 }),
  fc.array(fc.tuple(fc.nat(60), fc.nat(3), few)),
);

test("a table that has changed in any way is read as if for the first time", () => {
  fc.assert(
    fc.property(many, fc.integer({ min: 1, max: 3000 }), ([first, edits], run) => {
      const known = new KnownRows(NETNS);
      let lines = first;
      for (const [at, removed, added] of [[0, 0, []] as const, ...edits]) {
        lines = lines.toSpliced(at, removed, ...added);
        const bytes = text(lines);
        expect(read(known, bytes, run)).toEqual(parseProcNetTcp(bytes, NETNS));
      }
    }),
  );
});

test("bytes that are not a table yield nothing the second time either", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 4 }), (tables) => {
      const known = new KnownRows(NETNS);
      for (const table of tables) {
        const bytes = Buffer.from(table);
        expect(read(known, bytes)).toEqual(parseProcNetTcp(bytes, NETNS));
      }
    }),
  );
});

describe("an unchanged row", () => {
  const lines = Array.from({ length: 50 }, (_, index) => ({ ...CALM, port: index + 1, inode: String(index + 100) }));

  test("is the same object", () => {
    const known = new KnownRows(NETNS);
    const [first, second] = [read(known, text(lines)), read(known, text(lines))];
    expect(second).toEqual(first);
    for (const [index, row] of second.sockets.entries()) expect(row).toBe(first.sockets[index]);
  });

  test("is found although others before it were added, removed and changed", () => {
    const known = new KnownRows(NETNS);
    const first = read(known, text(lines));
    const changed = lines.map((line, index) => (index === 3 ? { ...line, queue: 1 } : line)).toSpliced(10, 2, CALM);
    const second = read(known, text(changed));
    expect(second.sockets[2]).toBe(first.sockets[2]);
    expect(second.sockets[3]).not.toBe(first.sockets[3]);
    expect(second.sockets[3]?.receiveQueue).toBe(1);
    expect(second.sockets[48]).toBe(first.sockets[49]);
  });

  test("is found again after an interrupted reading", () => {
    const known = new KnownRows(NETNS);
    const first = read(known, text(lines));
    known.begin();
    known.parse(text(lines.slice(0, 7)), { sockets: [], timeWaits: [] });
    expect(read(known, text(lines)).sockets[49]).toBe(first.sockets[49]);
  });
});
