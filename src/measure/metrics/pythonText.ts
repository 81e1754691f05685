/** Texts and numbers as Python treats them, where JavaScript differs: the benchmarks' programs are in Python. */

/** Where `str.split()` splits: not at U+200B or U+FEFF, but at four control characters and U+0085. */
const SPACES =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const WHITE_SPACE = new RegExp(`[${SPACES}]+`, "u");
const OUTER_SPACE = new RegExp(`^[${SPACES}]+|[${SPACES}]+$`, "gu");

/** `text.split()`: words between white space. */
export function pythonWords(text: string): string[] {
  return text.split(WHITE_SPACE).filter((word) => word !== "");
}

/** `text.strip()`. */
export function pythonStrip(text: string): string {
  return text.replace(OUTER_SPACE, "");
}

/** `round(value, 2)`: to the nearest of two decimals, of two that are equally near to the even one. */
export function roundToCents(value: number): number {
  // Only odd multiples of an eighth lie exactly between two hundredths.
  const eighths = value * 8;
  const rounded = Number(value.toFixed(2));
  if (!Number.isInteger(eighths) || eighths % 2 === 0) return rounded;
  const cents = Math.round(rounded * 100);
  return cents % 2 === 0 ? rounded : (cents - Math.sign(value)) / 100;
}

/** The mean of a list, added from the left as `sum` does; NaN of nothing. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
