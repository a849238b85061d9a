import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NameBook } from "#src/wire/name-book.ts";

/** Processes whose pids differ by this share a seat (probes/outbox.bt). */
const SEATS = 4096;

describe("a process has the name", () => {
  test("that the tracer has printed", () => {
    const book = new NameBook();
    book.learn(100, 7, 1000, "curl");
    expect(book.of(7, 100)).toMatchObject({ uid: 1000, comm: "curl" });
    expect(book.of(7, 9e9)).toMatchObject({ uid: 1000, comm: "curl" });
  });

  test("that it had at the time: exec() or a new user changes it from then on", () => {
    const book = new NameBook();
    book.learn(100, 7, 0, "bash");
    book.learn(200, 7, 33, "nginx");
    book.learn(300, 7, 0, "bash");
    const names = [150, 200, 299, 300].map((at) => book.of(7, at));
    expect(names.map(({ comm }) => comm)).toEqual(["bash", "nginx", "nginx", "bash"]);
    expect(names.map(({ uid }) => uid)).toEqual([0, 33, 33, 0]);
  });

  test("that it had at the time, even if another CPU's older name arrives later", () => {
    const book = new NameBook();
    book.learn(10, 100, 0, "curl");
    book.learn(5, 100, 33, "bash");
    expect([book.of(100, 12), book.of(100, 7)]).toMatchObject([
      { uid: 0, comm: "curl" },
      { uid: 33, comm: "bash" },
    ]);
  });

  test("that arrives a moment later, if another CPU prints it", () => {
    const book = new NameBook(() => ({ uid: 1, comm: "wrong" }));
    book.learn(100, 7, 1000, "curl");
    expect(book.of(7, 99).comm).toBe("curl");
  });

  test("that the host reports, if its name was lost, until the tracer prints another", () => {
    let asked = 0;
    const book = new NameBook((pid) => {
      asked++;
      return { uid: pid, comm: "from /proc" };
    });
    expect([book.of(7, 100), book.of(7, 150)]).toMatchObject([
      { uid: 7, comm: "from /proc" },
      { uid: 7, comm: "from /proc" },
    ]);
    expect(asked).toBe(1);
    book.learn(200, 7, 1000, "curl");
    expect([book.of(7, 199).comm, book.of(7, 200).comm]).toEqual(["from /proc", "curl"]);
  });

  test("of its pid, and user nobody, if its name was lost and the process has ended", () => {
    expect(new NameBook(() => null).of(7, 100)).toMatchObject({ uid: 65_534, comm: "pid 7" });
  });

  test("never of another one in the same seat", () => {
    const book = new NameBook(() => ({ uid: 0, comm: "asked" }));
    book.learn(100, 7, 0, "seven");
    book.learn(200, 7 + SEATS, 0, "other");
    expect(book.of(7, 300).comm).toBe("seven");
    expect(book.of(7 + SEATS, 300).comm).toBe("other");
    expect(book.of(7 + 2 * SEATS, 300).comm).toBe("asked");
  });
});

test("with any names of a seat, an event has its process's latest earlier name, and memory is bounded", () => {
  const anyTold = fc.array(fc.record({ process: fc.nat(2), name: fc.nat(3) }), { maxLength: 8 });
  fc.assert(
    fc.property(anyTold, fc.nat(90), fc.nat(2), (told, at, asked) => {
      const book = new NameBook(() => null);
      const nameThen = new Map<number, string>();
      for (const [index, { process, name }] of told.entries()) {
        book.learn(index * 10, 5 + process * SEATS, 0, `name ${name}`);
        if (index * 10 <= at || !nameThen.has(process)) nameThen.set(process, `name ${name}`);
      }
      const pid = 5 + asked * SEATS;
      expect(book.of(pid, at).comm).toBe(nameThen.get(asked) ?? `pid ${pid}`);
    }),
  );
});

test("a seat used by thousands of processes remembers only the last few", () => {
  let asked = 0;
  const book = new NameBook(() => {
    asked++;
    return null;
  });
  for (let times = 0; times < 10_000; times++) book.learn(times, 5 + (times % 500) * SEATS, 0, "x");
  for (let process = 0; process < 500; process++) book.of(5 + process * SEATS, 20_000);
  expect(asked).toBeGreaterThanOrEqual(490);
});
