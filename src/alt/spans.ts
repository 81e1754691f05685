/** Looking up places in a list of spans that is sorted by start, in logarithmic time. */

import type { TextSpan } from "./imageReference";

/** The first span that begins at an offset or after it. */
export function firstFrom(spans: readonly TextSpan[], offset: number): TextSpan | undefined {
  return spans[countBefore(spans, offset)];
}

/** True when one of the spans, none of which overlap, holds an offset. */
export function isInside(spans: readonly TextSpan[], offset: number): boolean {
  const span = spans[countBefore(spans, offset + 1) - 1];
  return span !== undefined && offset < span.end;
}

/** The end of the span that holds an offset; the offset itself when none does. */
export function endOfSpan(spans: readonly TextSpan[], offset: number): number {
  return spans[countBefore(spans, offset + 1) - 1]?.end ?? offset;
}

/** How many spans begin before an offset. */
export function countBefore(spans: readonly TextSpan[], offset: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((spans[middle]?.start ?? Infinity) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
