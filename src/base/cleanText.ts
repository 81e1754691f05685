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

/** C0 without tab and line feed, DEL and C1: among them the beginnings of every escape sequence. */
// eslint-disable-next-line no-control-regex -- Control characters are what it looks for.
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** One replacement per character keeps columns where they are. */
const REPLACEMENT = "\ufffd";

/** The text without control characters; tabs and line breaks stay. */
export function printable(text: string): string {
  return text.replace(CONTROLS, REPLACEMENT);
}

/** The text on one line without control characters. */
export function oneLine(text: string): string {
  return printable(text.replace(/\s*[\r\n\t]\s*/g, " ").trim());
}
