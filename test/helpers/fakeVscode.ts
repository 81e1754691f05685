/**
 * As much of the editor as the tests of the extension's shell need, found under the name "vscode".
 * To be imported before whatever imports that.
 */

import Module from "node:module";

/** What the test sets before and looks at afterwards. */
export interface FakeEditor {
  language: string;
  /** What the user wrote, by whole key; a key with a language in front wins in its documents. */
  readonly settings: Map<string, unknown>;
  readonly updates: { readonly key: string; readonly value: unknown; readonly target: number }[];
  readonly documents: { readonly uri: FakeUri; readonly languageId: string }[];
  /** By address; an error is thrown when the file is looked at. */
  readonly files: Map<string, Uint8Array | "folder" | Error>;
  /** What the file system says of sizes that are not the true ones. */
  readonly sizes: Map<string, number>;
  readonly filesRead: string[];
  readonly messages: { readonly kind: "error" | "warning"; readonly text: string }[];
  readonly executed: (readonly unknown[])[];
  /** What a command gives, by its name. */
  readonly answers: Map<string, unknown>;
  /** The button that the user presses; without one the message stays open. */
  press: string | undefined;
  changeSettings(section: string): void;
}

export class FakeUri {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;

  constructor(scheme: string, authority: string, path: string) {
    this.scheme = scheme;
    this.authority = authority;
    this.path = path;
  }

  static file(path: string): FakeUri {
    return new FakeUri("file", "", path);
  }

  static parse(text: string): FakeUri {
    const [, scheme = "", , authority = "", path = ""] =
      /^([\w+-]+):(\/\/([^/]*))?(.*)$/s.exec(text) ?? [];
    return new FakeUri(scheme, authority, path);
  }

  toString(): string {
    return `${this.scheme}:${this.authority === "" ? "" : `//${this.authority}`}${this.path}`;
  }
}

export class FakeFileSystemError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

export class FakeCancellationError extends Error {}

class FakeEmitter<T> {
  readonly #listeners = new Set<(value: T) => void>();
  readonly event = (listener: (value: T) => void): { dispose(): void } => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };

  fire(value: T): void {
    for (const listener of this.#listeners) listener(value);
  }

  dispose(): void {
    this.#listeners.clear();
  }
}

interface ChangeEvent {
  affectsConfiguration(section: string): boolean;
}

const settingsChanged = new FakeEmitter<ChangeEvent>();

export const fakeEditor: FakeEditor = {
  language: "en",
  settings: new Map(),
  updates: [],
  documents: [],
  files: new Map(),
  sizes: new Map(),
  filesRead: [],
  messages: [],
  executed: [],
  answers: new Map(),
  press: undefined,
  changeSettings: (section) => {
    settingsChanged.fire({ affectsConfiguration: (asked) => section.startsWith(asked) });
  },
};

/** Makes the editor new; for `beforeEach`. */
export function resetFakeEditor(): void {
  fakeEditor.language = "en";
  fakeEditor.press = undefined;
  for (const map of [fakeEditor.settings, fakeEditor.files, fakeEditor.sizes, fakeEditor.answers]) {
    map.clear();
  }
  const { updates, documents, filesRead, messages, executed } = fakeEditor;
  for (const list of [updates, documents, filesRead, messages, executed]) list.length = 0;
}

function fileAt(uri: FakeUri): Uint8Array | "folder" {
  const file = fakeEditor.files.get(uri.toString());
  if (file === undefined) throw new FakeFileSystemError("FileNotFound");
  if (file instanceof Error) throw file;
  return file;
}

function show(kind: "error" | "warning", text: string, buttons: string[]): Promise<unknown> {
  fakeEditor.messages.push({ kind, text });
  const pressed = buttons.find((button) => button === fakeEditor.press);
  return pressed === undefined ? new Promise(() => undefined) : Promise.resolve(pressed);
}

const vscode = {
  CancellationError: FakeCancellationError,
  ConfigurationTarget: { Global: 1, Workspace: 2, WorkspaceFolder: 3 },
  EventEmitter: FakeEmitter,
  FileSystemError: FakeFileSystemError,
  FileType: { Unknown: 0, File: 1, Directory: 2, SymbolicLink: 64 },
  Uri: FakeUri,
  env: {
    get language() {
      return fakeEditor.language;
    },
  },
  l10n: {
    t: (message: string, ...values: unknown[]) =>
      message.replace(/\{(\d+)\}/g, (_, index: string) => String(values[Number(index)])),
  },
  commands: {
    executeCommand: (...call: readonly unknown[]) => {
      fakeEditor.executed.push(call);
      return Promise.resolve(fakeEditor.answers.get(String(call[0])));
    },
  },
  window: {
    showErrorMessage: (text: string, ...buttons: string[]) => show("error", text, buttons),
    showWarningMessage: (text: string, ...buttons: string[]) => show("warning", text, buttons),
  },
  workspace: {
    get textDocuments() {
      return fakeEditor.documents;
    },
    onDidChangeConfiguration: settingsChanged.event,
    getConfiguration: (section: string, scope?: { readonly languageId?: string } | null) => ({
      get: (key: string) =>
        fakeEditor.settings.get(`[${scope?.languageId ?? ""}]${section}.${key}`) ??
        fakeEditor.settings.get(`${section}.${key}`),
      update: (key: string, value: unknown, target: number) => {
        fakeEditor.updates.push({ key: `${section}.${key}`, value, target });
        return Promise.resolve();
      },
    }),
    fs: {
      // Asynchronous, so that what it throws is a rejection, as in the editor.
      stat: (uri: FakeUri) =>
        Promise.resolve().then(() => {
          const file = fileAt(uri);
          const length = file === "folder" ? 0 : file.length;
          const size = fakeEditor.sizes.get(uri.toString()) ?? length;
          return { type: file === "folder" ? 2 : 1, size };
        }),
      readFile: (uri: FakeUri) =>
        Promise.resolve().then(() => {
          fakeEditor.filesRead.push(uri.toString());
          return fileAt(uri);
        }),
    },
  },
};

const loader = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
const load = loader._load;
loader._load = (request, ...rest) => (request === "vscode" ? vscode : load(request, ...rest));
