/** Values of the editor's interface that the fake editor for documents hands out; they do nothing. */

import type { FakeUri } from "./fakeChatEditor";

export class FakePosition {
  readonly offset: number;
  readonly line: number;

  constructor(offset: number, line: number) {
    this.offset = offset;
    this.line = line;
  }
}

export class FakeRange {
  readonly start: FakePosition;
  readonly end: FakePosition;

  constructor(start: FakePosition, end: FakePosition) {
    this.start = start;
    this.end = end;
  }

  intersection(other: FakeRange): FakeRange | undefined {
    const start = this.start.offset > other.start.offset ? this.start : other.start;
    const end = this.end.offset < other.end.offset ? this.end : other.end;
    return start.offset > end.offset ? undefined : new FakeRange(start, end);
  }
}

interface Replacement {
  readonly uri: FakeUri;
  readonly range: FakeRange;
  readonly text: string;
}

export class FakeEdit {
  readonly replacements: Replacement[] = [];
  /** Addresses of the files that are made. */
  readonly created: string[] = [];

  get size(): number {
    return this.replacements.length;
  }

  replace(uri: FakeUri, range: FakeRange, text: string): void {
    this.replacements.push({ uri, range, text });
  }

  createFile(uri: FakeUri): void {
    this.created.push(uri.toString());
  }
}

/** Kinds of actions and edits: names with dots, each of which contains those that go on from it. */
export class FakeKind {
  readonly value: string;

  constructor(value: string) {
    this.value = value;
  }

  append(...parts: readonly string[]): FakeKind {
    return new FakeKind([this.value, ...parts].filter((part) => part !== "").join("."));
  }

  contains({ value }: FakeKind): boolean {
    return this.value === "" || value === this.value || value.startsWith(`${this.value}.`);
  }
}

export class FakeMarkdown {
  value = "";
  isTrusted: unknown;

  appendText(text: string): this {
    this.value += text;
    return this;
  }

  appendMarkdown(text: string): this {
    this.value += text;
    return this;
  }
}

/** A class whose instances hold what they were made with, under these names. */
export function holder(...names: readonly string[]): new (...values: readonly unknown[]) => object {
  return class {
    readonly nValues: number;

    constructor(...values: readonly unknown[]) {
      this.nValues = values.length;
      for (const [index, name] of names.entries()) {
        if (values[index] !== undefined) Object.assign(this, { [name]: values[index] });
      }
    }
  };
}

export class FakeDisposable {
  readonly dispose: () => void;

  constructor(dispose: () => void) {
    this.dispose = dispose;
  }

  static from(...parts: readonly { dispose(): void }[]): FakeDisposable {
    return new FakeDisposable(() => {
      for (const part of parts) part.dispose();
    });
  }
}

/** Nothing waits for it. */
export class FakeCancellation {
  readonly token = {};
  readonly cancel = (): void => undefined;
  readonly dispose = (): void => undefined;
}

/** A document's text without what the editor does with it. */
export class FakeText {
  readonly uri: FakeUri;
  readonly languageId: string;
  readonly isClosed = false;
  isDirty = false;
  version = 1;
  text: string;

  constructor(uri: FakeUri, languageId: string, text: string) {
    this.uri = uri;
    this.languageId = languageId;
    this.text = text;
  }

  getText(): string {
    return this.text;
  }

  offsetAt({ offset }: FakePosition): number {
    return offset;
  }

  positionAt(offset: number): FakePosition {
    return new FakePosition(offset, this.text.slice(0, offset).split("\n").length - 1);
  }

  get lineCount(): number {
    return this.text.split("\n").length;
  }

  lineAt(line: number): { readonly range: FakeRange } {
    const lines = this.text.split("\n");
    const start = lines.slice(0, line).join("\n").length + (line === 0 ? 0 : 1);
    const end = start + (lines[line] ?? "").length;
    return { range: new FakeRange(this.positionAt(start), this.positionAt(end)) };
  }

  /** A stretch of the text, which must hold the words. */
  rangeOf(words: string): FakeRange {
    const start = this.text.indexOf(words);
    if (start < 0) throw new Error(`There is no ${words} in ${this.text}`);
    return new FakeRange(this.positionAt(start), this.positionAt(start + words.length));
  }

  change(changes: readonly { offset: number; length: number; text: string }[]): void {
    for (const { offset, length, text } of [...changes].sort((a, b) => b.offset - a.offset)) {
      this.text = this.text.slice(0, offset) + text + this.text.slice(offset + length);
    }
    this.version++;
  }
}
