/** Sizes in bytes, shares and numbers as people read them; the one place for editor, page and command line. */

const UNITS = ["bytes", "kB", "MB", "GB", "TB"] as const;

/** How far work in bytes is. */
export interface ByteProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** What else there is to say, such as the time that is left. */
  readonly note?: string;
}

/** Part of a size: both numbers are in the unit that only the total names. */
export interface BytesOf {
  /** "1.2" */
  readonly done: string;
  /** "4.0 GB" */
  readonly total: string;
}

/**
 * `1536000` → `1.5 MB`; decimal units, as disks and download pages count.
 * @param locale BCP 47, for the decimal sign. @default English
 */
export function formatBytes(bytes: number, locale = "en"): string {
  const { unit, digits } = scaleOf(bytes);
  return `${formatNumber(bytes / 1000 ** unit, { digits, locale })} ${UNITS[unit] ?? ""}`;
}

/**
 * How much of a size is there: "1.2" of "4.0 GB". Never more than all of it.
 * @param locale as in `formatBytes`.
 */
export function formatBytesOf({ doneBytes, totalBytes }: ByteProgress, locale = "en"): BytesOf {
  const { unit, digits } = scaleOf(totalBytes);
  const done = Math.min(doneBytes, totalBytes) / 1000 ** unit;
  return {
    done: formatNumber(done, { digits, locale }),
    total: formatBytes(totalBytes, locale),
  };
}

function scaleOf(bytes: number): { readonly unit: number; readonly digits: number } {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return { unit, digits: unit === 0 || value >= 100 ? 0 : 1 };
}

/**
 * `0.3` → "30%", as the language writes it; a whole number that is 100 only at the end.
 * @param locale as in `formatBytes`.
 */
export function formatShare(share: number, locale = "en"): string {
  return new Intl.NumberFormat(locale, { style: "percent" }).format(wholePercent(share) / 100);
}

/** From 0 to 100. */
export function wholePercent(share: number): number {
  // 0.29 × 100 is a little less than 29.
  return Math.floor(share * 100 + 1e-9);
}

/** From 0 to 1; nothing to do is done. */
export function doneShare({ doneBytes, totalBytes }: ByteProgress): number {
  return totalBytes <= 0 ? 1 : Math.min(1, doneBytes / totalBytes);
}

interface NumberLook {
  /** After the decimal sign. */
  readonly digits: number;
  readonly locale: string;
}

/** A number with a fixed count of decimals and the sign of the language before them. */
export function formatNumber(value: number, { digits, locale }: NumberLook): string {
  return new Intl.NumberFormat(locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    useGrouping: false,
  }).format(value);
}
