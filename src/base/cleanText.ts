/** Text from files, pictures and strangers, made harmless for whoever reads it as data. */

/** Control, escape and format characters, those of writing direction among them, and lone surrogates. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]+/gu;

/** One line without characters that nobody sees, cut to so many UTF-16 units. */
export function cleanText(text: string, maxLength: number): string {
  // Twice as much before, so that a long text is not searched whole.
  const line = text
    .slice(0, maxLength * 2)
    .replace(UNSEEN, " ")
    .replace(/\s+/g, " ")
    .trim();
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1)}…`.replace(UNSEEN, "");
}
