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
