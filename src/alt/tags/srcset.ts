/** The `srcset` attribute, as far as a picture's address is concerned. */

/**
 * The first address of a `srcset` (HTML standard, "parse a srcset attribute"): white space ends it,
 * not a comma, because addresses such as data: URIs contain commas.
 * @returns undefined when there is none.
 */
export function firstSrcsetUrl(srcset: string): string | undefined {
  let start = 0;
  while (start < srcset.length && isSeparator(srcset.charAt(start))) start++;
  let end = start;
  while (end < srcset.length && !isSpace(srcset.charAt(end))) end++;
  // A comma at the end belongs to the list, not to the address.
  while (end > start && srcset.charAt(end - 1) === ",") end--;
  return end > start ? srcset.slice(start, end) : undefined;
}

const isSpace = (char: string): boolean => " \t\n\f\r".includes(char);
const isSeparator = (char: string): boolean => char === "," || isSpace(char);
