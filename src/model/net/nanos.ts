/** Nanoseconds on the tracer's clock (the kernel's boot or monotonic clock); `ClockAnchor` ties it to the calendar. */
export type Nanos = number;
