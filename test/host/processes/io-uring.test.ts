import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseRegisteredSockets } from "#src/host/processes/io-uring.ts";

const HEAD = "pos:\t0\nflags:\t02000002\nmnt_id:\t17\nino:\t9\nSqMask:\t0x7\nSQEs:\t0\nSqThread:\t-1\n";
const TAIL = "UserBufs:\t1\n    0: 0x7f00/4096\nPollList:\nCqOverflowList:\nNAPI:\tdisabled\n";

test("what Linux 6.18 prints", () => {
  const files = "UserFiles:\t4\n    0: socket:[27442285]\n    2: socket:[27442286]\n    3: /dev/null\n";
  expect(parseRegisteredSockets(HEAD + files + TAIL)).toEqual([27442285, 27442286]);
});

test("neither file names nor other lists can forge a socket", () => {
  const files = "UserFiles:\t3\n    0: /socket:[1]\n    1: /tmp/a\\012    2: socket:[2]\n 2: anon_inode:[eventpoll]\n";
  expect(parseRegisteredSockets(`${HEAD}${files}UserBufs:\t1\n    0: socket:[3]\n`)).toEqual([]);
});

test("older kernels print no inodes", () => {
  expect(parseRegisteredSockets(`${HEAD}UserFiles:\t2\n    0: TCP\n    1: <none>\n${TAIL}`)).toEqual([]);
});

test("a ring without files, a locked ring, and anything else", () => {
  expect(parseRegisteredSockets(`${HEAD}UserFiles:\t0\n${TAIL}`)).toEqual([]);
  expect(parseRegisteredSockets("pos:\t0\nflags:\t02000002\n")).toBeNull();
  expect(parseRegisteredSockets("")).toBeNull();
});

test("never throws", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("UserFiles:", "\t", "\n", "    0: ", "socket:[", "7", "]", "UserBufs:")),
      (parts) => {
        for (const inode of parseRegisteredSockets(parts.join("")) ?? []) expect(inode).toBeGreaterThan(0);
      },
    ),
  );
});
