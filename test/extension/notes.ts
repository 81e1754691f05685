/** What the tests measured; each test file is a bundle of its own, so the notes are kept by the process. */

const KEY = Symbol.for("sightline.suite.notes");
const holder = globalThis as unknown as { [KEY]: string[] | undefined };

/** Adds a line to the report. */
export function note(line: string): void {
  (holder[KEY] ??= []).push(line);
}

/** All lines so far. */
export function notes(): readonly string[] {
  return holder[KEY] ?? [];
}
