import * as fc from "fast-check";
import { TCP, type TcpState } from "#src/model/net/tcp-state.ts";
import { safeText } from "#src/base/text.ts";

/** Any process name as the model passes it on. */
export const anyName = fc
  .oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.string({ unit: "grapheme", maxLength: 20 }),
    fc.constantFrom(
      "{red-fg}x",
      "{/}",
      "\u001B[31mred",
      "数据库服务",
      "🚀👨‍👩‍👧",
      "a\u0301\u0301",
      "﷽",
      "1\uFE0F\u20E3",
      "🇩🇪🇩",
    ),
  )
  .map(safeText);

export const anyNumber = fc.oneof(fc.nat(100), fc.maxSafeNat());
export const anyRate = fc.double({ min: 0, noNaN: true });
export const anyState: fc.Arbitrary<TcpState> = fc.constantFrom(...Object.values(TCP));
export const orNull = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });
