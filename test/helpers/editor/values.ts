/** Values of the editor's interface that tests and the code under test make; they do nothing. */

import path from "node:path";

interface UriParts {
  readonly scheme: string;
  readonly authority?: string;
  readonly path?: string;
  readonly query?: string;
  readonly fragment?: string;
}

/** Reads and prints an address as the editor does, but for escapes, of which it knows none. */
export class FakeUri {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly query: string;
  readonly fragment: string;

  private constructor({ scheme, authority, path, query, fragment }: UriParts) {
    this.scheme = scheme;
    this.authority = authority ?? "";
    this.path = path ?? "";
    this.query = query ?? "";
    this.fragment = fragment ?? "";
  }

  static file(path: string): FakeUri {
    return new FakeUri({ scheme: "file", path });
  }

  static from(parts: UriParts): FakeUri {
    return new FakeUri(parts);
  }

  /** @throws when it is strict and there is no scheme */
  static parse(text: string, isStrict = false): FakeUri {
    const [, scheme, authority, path, query, fragment] =
      /^(?:([\w+.-]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text) ?? [];
    if (scheme === undefined && isStrict) throw new Error("no scheme");
    const defined = { authority: authority ?? "", path: path ?? "" };
    return new FakeUri({
      ...{ scheme: scheme ?? "file", ...defined },
      ...{ query: query ?? "", fragment: fragment ?? "" },
    });
  }

  static joinPath(base: FakeUri, ...parts: readonly string[]): FakeUri {
    return base.with({ path: path.posix.join(base.path, ...parts) });
  }

  get fsPath(): string {
    return this.path;
  }

  with(change: Partial<UriParts>): FakeUri {
    const { scheme, authority, path, query, fragment } = this;
    return new FakeUri({ scheme, authority, path, query, fragment, ...change });
  }

  toString(): string {
    const hasSlashes = this.authority !== "" || this.scheme === "file";
    const query = this.query === "" ? "" : `?${this.query}`;
    const fragment = this.fragment === "" ? "" : `#${this.fragment}`;
    return `${this.scheme}:${hasSlashes ? "//" : ""}${this.authority}${this.path}${query}${fragment}`;
  }
}

export class FakePosition {
  readonly line: number;
  readonly character: number;

  constructor(line: number, character: number) {
    this.line = line;
    this.character = character;
  }

  isBefore(other: FakePosition): boolean {
    return this.line < other.line || (this.line === other.line && this.character < other.character);
  }
}

export class FakeRange {
  readonly start: FakePosition;
  readonly end: FakePosition;

  /** Two places, or four numbers. */
  constructor(...given: [FakePosition, FakePosition] | [number, number, number, number]) {
    const [first, second] = given;
    this.start = typeof first === "number" ? new FakePosition(first, Number(second)) : first;
    this.end = given.length === 4 ? new FakePosition(given[2], given[3]) : (second as FakePosition);
  }

  intersection(other: FakeRange): FakeRange | undefined {
    const start = this.start.isBefore(other.start) ? other.start : this.start;
    const end = this.end.isBefore(other.end) ? this.end : other.end;
    return end.isBefore(start) ? undefined : new FakeRange(start, end);
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
  static readonly Empty = new FakeKind("");
  static readonly QuickFix = new FakeKind("quickfix");
  static readonly RefactorRewrite = new FakeKind("refactor.rewrite");
  static readonly Text = new FakeKind("text");
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
  value: string;
  isTrusted: unknown;

  constructor(value = "") {
    this.value = value;
  }

  appendText(text: string): this {
    this.value += text.replace(/[\\`*_{}[\]()#+\-!~]/g, "\\$&");
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

export class FakeTabInputCustom {
  readonly uri: FakeUri;
  readonly viewType: string;

  constructor(uri: FakeUri, viewType = "imagePreview.previewEditor") {
    this.uri = uri;
    this.viewType = viewType;
  }
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

export class FakeCancellationError extends Error {}

export class FakeFileSystemError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

export class FakeEmitter<T> {
  readonly #listeners = new Set<(value: T) => unknown>();
  readonly event = (listener: (value: T) => unknown): { dispose(): void } => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };

  get nListeners(): number {
    return this.#listeners.size;
  }

  /** Settles when every listener has. */
  async fire(value: T): Promise<void> {
    await Promise.all([...this.#listeners].map((listener) => listener(value)));
  }

  dispose(): void {
    this.#listeners.clear();
  }
}

export class FakeDiagnostic {
  readonly range: FakeRange;
  readonly message: string;
  readonly severity: number;
  source: string | undefined;
  code: unknown;
  relatedInformation: readonly unknown[] = [];

  constructor(range: FakeRange, message: string, severity = 0) {
    this.range = range;
    this.message = message;
    this.severity = severity;
  }
}
