/** Text of strangers as a terminal or a table can show it. */

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
