/** Documents of the fake editor, and the editors in which they are shown. */

import { fakeEditor } from "./fakeEditor";
import { FakeEdit, FakePosition, FakeRange, type FakeUri } from "./values";

/** Ends of lines are single characters. */
export class FakeDocument {
  readonly uri: FakeUri;
  readonly languageId: string;
  readonly isClosed = false;
  isDirty = false;
  nSaves = 0;
  version = 1;
  text: string;

  constructor(uri: FakeUri, languageId: string, text: string) {
    this.uri = uri;
    this.languageId = languageId;
    this.text = text;
  }

  save(): Promise<boolean> {
    this.nSaves++;
    this.isDirty = false;
    fakeEditor.files.set(this.uri.toString(), new TextEncoder().encode(this.text));
    return Promise.resolve(true);
  }

  getText(): string {
    return this.text;
  }

  offsetAt({ line, character }: FakePosition): number {
    const before = this.text.split("\n").slice(0, line);
    return before.reduce((sum, { length }) => sum + length + 1, character);
  }

  positionAt(offset: number): FakePosition {
    const before = this.text.slice(0, offset).split("\n");
    return new FakePosition(before.length - 1, before.at(-1)?.length ?? 0);
  }

  get lineCount(): number {
    return this.text.split("\n").length;
  }

  lineAt(line: number): { readonly range: FakeRange } {
    const { length } = this.text.split("\n")[line] ?? "";
    return { range: new FakeRange(new FakePosition(line, 0), new FakePosition(line, length)) };
  }

  /** A stretch of the text, which must hold the words. */
  rangeOf(words: string): FakeRange {
    const start = this.text.indexOf(words);
    if (start < 0) throw new Error(`There is no ${words} in ${this.text}`);
    return new FakeRange(this.positionAt(start), this.positionAt(start + words.length));
  }

  /** Every range is one of the text before. */
  change(changes: readonly { readonly range: FakeRange; readonly text: string }[]): void {
    const placed = changes.map(({ range: { start, end }, text }) => {
      return { start: this.offsetAt(start), end: this.offsetAt(end), text };
    });
    for (const { start, end, text } of placed.sort((a, b) => b.start - a.start)) {
      this.text = this.text.slice(0, start) + text + this.text.slice(end);
    }
    this.version++;
  }

  /** Changes the text without telling anybody. */
  insert(offset: number, text: string): void {
    const at = this.positionAt(offset);
    this.change([{ range: new FakeRange(at, at), text }]);
  }

  /** Somebody types; settles when everybody who listens is done. */
  async type(offset: number, text: string): Promise<void> {
    this.insert(offset, text);
    await fakeEditor.documentChanged.fire({
      document: this,
      contentChanges: [{ rangeOffset: offset, rangeLength: 0, text }],
    });
  }
}

export class FakeTextEditor {
  readonly document: FakeDocument;
  readonly visibleRanges: readonly FakeRange[] = [];
  isReadOnly = false;
  selections: FakeRange[];

  /** @param selection two offsets */
  constructor(document: FakeDocument, [start, end]: readonly [start: number, end: number]) {
    this.document = document;
    this.selections = [new FakeRange(document.positionAt(start), document.positionAt(end))];
  }

  get selection(): FakeRange {
    const start = new FakePosition(0, 0);
    return this.selections[0] ?? new FakeRange(start, start);
  }

  edit(make: (edit: { replace(range: FakeRange, text: string): void }) => void): Promise<boolean> {
    if (this.isReadOnly) return Promise.resolve(false);
    const edit = new FakeEdit();
    make({
      replace: (range, text) => {
        edit.replace(this.document.uri, range, text);
      },
    });
    this.document.change(edit.replacements);
    return Promise.resolve(true);
  }

  setDecorations(_: unknown, given: unknown): void {
    fakeEditor.decorations.push(given);
  }

  revealRange({ start }: FakeRange): void {
    fakeEditor.revealed.push(start.line);
  }
}
