import { describe, expect, test } from "vitest";
import { Process } from "#src/model/processes/process.ts";
import { safeBytes } from "#src/base/text.ts";
import { EVENTS_HEADER, gapText, lostText, summaryText, transitionText } from "#src/view/print/events-text.ts";
import { bareRow, HOSTILE, nginxRow } from "#test/support/samples/transition-rows.ts";

const WALL = Date.UTC(2026, 4, 1, 22, 14, 7, 125);

describe("a transition's line", () => {
  test("shows time, owner, evidence, change and cause", () => {
    expect(transitionText(nginxRow(), WALL).split(/ +/)).toEqual([
      "22:14:07.125000",
      "812",
      "nginx",
      "accept",
      "127.0.0.1:80",
      "127.0.0.1:40000",
      "ESTABLISHED",
      "→",
      "CLOSE_WAIT",
      "12.400",
      "fin",
    ]);
  });

  test("marks a transition found by a poll as earlier", () => {
    const [time, ...rest] = transitionText(nginxRow({ cause: "poll" }), WALL).split(/ +/);
    expect(time).toBe("≤22:14:07.125");
    expect(rest.at(-1)).toBe("poll");
  });

  test("has a dash for unknown values", () => {
    expect(transitionText(bareRow(), WALL).split(/ +/)).toEqual([
      "22:14:07.125000",
      "-",
      "-",
      "unknown",
      "-",
      "-",
      "ESTABLISHED",
      "→",
      "CLOSE_WAIT",
      "-",
      "-",
    ]);
  });

  test.each(["PID", "COMMAND", "OWNER", "LOCAL", "REMOTE", "FROM", "TO", "MS", "CAUSE"])(
    "stands under the header: %s",
    (name) => {
      const column = EVENTS_HEADER.indexOf(name);
      for (const line of [transitionText(nginxRow(), WALL), transitionText(bareRow(), WALL)]) {
        expect(line[column - 1]).toBe(" ");
        expect(line[column]).not.toBe(" ");
      }
    },
  );

  test("has IPv6 endpoints in brackets", () => {
    const line = transitionText(nginxRow({}, { localAddress: `${"0".repeat(31)}1` }), WALL);
    expect(line).toContain(" [::1]:80 ");
  });

  test.each(HOSTILE)("stays one line with a process name of %s", (_kind, bytes, shown) => {
    const comm = safeBytes(Buffer.from(bytes, "latin1"));
    const line = transitionText(nginxRow({ process: new Process(812, comm, 0) }), WALL);
    expect(line).not.toMatch(/\p{Cc}/u);
    expect(line).toContain(` ${shown} `);
  });
});

describe("the other lines", () => {
  test("a loss shows its size and cause", () => {
    expect(lostText(WALL, 12, "bpf")).toBe("22:14:07.125000 lost 12 transitions: the tracer's buffer was full");
    expect(lostText(WALL, 3, "kernel")).toBe("22:14:07.125000 lost 3 transitions: the kernel skipped the BPF program");
  });

  test("a gap shows its length", () => {
    expect(gapText(WALL, 5000)).toBe("22:14:07.125000 nothing was traced for the last 5.0 s: the tracer was down");
  });

  test("the summary shows how many have a known owner", () => {
    expect(summaryText({ transitions: 1000, lost: 12, attributed: 995, seconds: 61.2, source: "bpf" })).toBe(
      "1,000 transitions in 61.2 s, 12 lost, 995 with a known owner (99.5 %), source bpf",
    );
  });

  test("the summary of no transitions has no percentage", () => {
    const line = summaryText({ transitions: 0, lost: 0, attributed: 0, seconds: 0, source: null });
    expect(line).toBe("0 transitions in 0.0 s, 0 lost, 0 with a known owner, source none");
  });
});
