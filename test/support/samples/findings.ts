import * as fc from "fast-check";
import type { Finding } from "#src/diagnosis/facts/finding.ts";
import { anyName, anyNumber, orNull } from "#test/support/samples/any-values.ts";

export function finding(fields: Partial<Finding> = {}): Finding {
  return {
    id: "close-wait-leak",
    severity: "critical",
    title: "api (pid 812) leaks sockets toward 10.0.0.2:443: 38 in CLOSE_WAIT",
    pid: 812,
    comm: "api",
    evidence: { closeWait: 38, oldestMs: 912_000, peers: ["10.0.0.2:443"] },
    advice: ["close the response body where it is not read to its end", "restart it before its descriptors run out"],
    avoid: [{ what: "lowering tcp_fin_timeout", why: "CLOSE_WAIT has no timeout in the kernel" }],
    sources: ["RFC 9293 3.6"],
    ...fields,
  };
}

export const anyFinding: fc.Arbitrary<Finding> = fc.record({
  id: fc.constantFrom("close-wait-leak", "ports-short", "a-rule"),
  severity: fc.constantFrom("critical", "warning", "info"),
  title: anyName,
  pid: orNull(fc.integer({ min: 1, max: 5 })),
  comm: orNull(anyName),
  evidence: fc.dictionary(
    fc.constantFrom("oldestMs", "count", "peers", "what"),
    fc.oneof(anyNumber, anyName, fc.boolean(), fc.constant(null), fc.array(anyName, { maxLength: 3 })),
  ),
  advice: fc.array(anyName, { maxLength: 3 }),
  avoid: fc.array(fc.record({ what: anyName, why: anyName }), { maxLength: 2 }),
  sources: fc.array(anyName, { maxLength: 2 }),
});
