/** Times as people say them, through the browser's own knowledge of languages. */

import { formatNumber } from "../../src/base/bytes";

const STEPS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, ms: number])[] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];
/** Older than this, a date says more than a number of days. */
const LONG_AGO_MS = 7 * 86_400_000;
/** The least that one decimal can say. */
const MIN_SECONDS = 0.1;

export interface TimeContext {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** BCP 47, such as "de". */
  readonly locale: string;
}

/** "5 minutes ago", "yesterday", or a date when it is more than a week ago. */
export function describeTime(time: number, { now, locale }: TimeContext): string {
  const ago = Math.max(0, now - time);
  if (ago > LONG_AGO_MS) {
    return new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(time);
  }
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const step = STEPS.find(([, ms]) => ago >= ms);
  return step === undefined
    ? format.format(0, "minute")
    : format.format(-Math.floor(ago / step[1]), step[0]);
}

/** `1234` → "1.2", with the language's own decimal sign; nothing takes no time, so at least "0.1". */
export function describeSeconds(ms: number, locale: string): string {
  return formatNumber(Math.max(MIN_SECONDS, ms / 1000), { digits: 1, locale });
}

/** `4900` → "4": seconds that have passed, as a clock counts them. */
export function describeWholeSeconds(ms: number, locale: string): string {
  return formatNumber(Math.floor(ms / 1000), { digits: 0, locale });
}

/** The locale when the browser knows such a language, else English. */
export function usableLocale(locale: string): string {
  try {
    return Intl.getCanonicalLocales(locale)[0] ?? "en";
  } catch {
    return "en";
  }
}
