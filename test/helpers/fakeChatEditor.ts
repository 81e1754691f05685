/**
 * As much of the editor as the chat needs, found under the name "vscode". A test writes down what the
 * user does. To be imported before whatever imports that.
 */

import Module from "node:module";
import path from "node:path";

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

  static from(parts: { scheme: string; authority?: string; path?: string }): FakeUri {
    return new FakeUri(parts.scheme, parts.authority ?? "", parts.path ?? "");
  }

  static parse(text: string, isStrict = false): FakeUri {
    const parts = /^([\w+-]+):(?:\/\/([^/]*))?(.*)$/s.exec(text);
    if (parts === null && isStrict) throw new Error("no scheme");
    return new FakeUri(parts?.[1] ?? "file", parts?.[2] ?? "", parts?.[3] ?? text);
  }

  static joinPath(base: FakeUri, ...parts: readonly string[]): FakeUri {
    return base.with({ path: path.posix.join(base.path, ...parts) });
  }

  with(change: { readonly path?: string }): FakeUri {
    return new FakeUri(this.scheme, this.authority, change.path ?? this.path);
  }

  toString(): string {
    const isPlain = this.scheme === "data";
    return `${this.scheme}:${isPlain ? "" : "//"}${this.authority}${this.path}`;
  }
}

export class FakeTabInputCustom {
  readonly uri: FakeUri;
  readonly viewType: string;

  constructor(uri: FakeUri, viewType = "imagePreview.previewEditor") {
    this.uri = uri;
    this.viewType = viewType;
  }
}

class FakeRange {
  readonly start: number;
  readonly end: number;

  constructor(start: number, end: number) {
    this.start = start;
    this.end = end;
  }
}

class FakeEdit {
  readonly replacements: { readonly range: FakeRange; readonly text: string }[] = [];

  get size(): number {
    return this.replacements.length;
  }

  replace(_: FakeUri, range: FakeRange, text: string): void {
    this.replacements.push({ range, text });
  }
}

/** Positions are offsets: whoever uses them converts both ways. */
export class FakeDocument {
  readonly uri: FakeUri;
  readonly languageId: string;
  readonly isClosed = false;
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

  offsetAt(position: number): number {
    return position;
  }

  positionAt(offset: number): number {
    return offset;
  }

  change(edits: FakeEdit["replacements"]): void {
    for (const { range, text } of edits) {
      this.text = this.text.slice(0, range.start) + text + this.text.slice(range.end);
    }
    this.version++;
  }
}

export class FakeTextEditor {
  readonly document: FakeDocument;
  isReadOnly = false;
  selections: FakeRange[];

  constructor(document: FakeDocument, selection: readonly [start: number, end: number]) {
    this.document = document;
    this.selections = [new FakeRange(...selection)];
  }

  get selection(): FakeRange {
    return this.selections[0] ?? new FakeRange(0, 0);
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
}

export interface FakePickItem {
  readonly label: string;
  readonly description?: string;
  readonly kind?: number;
  readonly iconPath?: unknown;
}

/** What the user does in a list once it is filled. */
export interface PickStep {
  /** Labels of the lines that are ticked. */
  readonly tick?: readonly string[];
  /** The line that the keyboard is on. */
  readonly active?: string;
  readonly leaves?: boolean;
}

class FakeQuickPick {
  title = "";
  placeholder = "";
  canSelectMany = false;
  matchOnDescription = false;
  keepScrollPosition = false;
  selectedItems: readonly FakePickItem[] = [];
  activeItems: readonly FakePickItem[] = [];
  items: readonly FakePickItem[] = [];
  readonly #accepted = new FakeEmitter<undefined>();
  readonly #hidden = new FakeEmitter<undefined>();
  readonly #activeChanged = new FakeEmitter<readonly FakePickItem[]>();
  readonly onDidAccept = this.#accepted.event;
  readonly onDidHide = this.#hidden.event;
  readonly onDidChangeActive = this.#activeChanged.event;
  #isBusy = false;

  get busy(): boolean {
    return this.#isBusy;
  }

  /** The user waits until everything is found. */
  set busy(isBusy: boolean) {
    const isFilled = this.#isBusy && !isBusy;
    this.#isBusy = isBusy;
    if (isFilled) void this.#act();
  }

  show(): void {
    chatEditor.picks.push(this);
  }

  hide(): void {
    void this.#hidden.fire(undefined);
  }

  dispose(): void {
    // There is nothing to free.
  }

  async #act(): Promise<void> {
    const step = chatEditor.pickSteps.shift() ?? { leaves: true };
    this.activeItems = this.items.filter(({ label }) => label === step.active);
    if (step.active !== undefined) void this.#activeChanged.fire(this.activeItems);
    await new Promise(setImmediate);
    this.selectedItems = this.items.filter(({ label }) => step.tick?.includes(label));
    if (step.leaves === true) this.hide();
    else void this.#accepted.fire(undefined);
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
}

/** The place of a webview in the side bar. */
export class FakeWebviewView {
  readonly posted: unknown[] = [];
  readonly received = new FakeEmitter<unknown>();
  readonly visibilityChanged = new FakeEmitter<undefined>();
  readonly disposed = new FakeEmitter<undefined>();
  readonly onDidChangeVisibility = this.visibilityChanged.event;
  readonly onDidDispose = this.disposed.event;
  visible = true;
  readonly webview = {
    options: {},
    html: "",
    cspSource: "https://page.example",
    asWebviewUri: (uri: FakeUri): FakeUri => new FakeUri("https", "page.example", uri.path),
    onDidReceiveMessage: this.received.event,
    postMessage: (message: unknown): Promise<boolean> => {
      this.posted.push(message);
      return Promise.resolve(true);
    },
  };
}

export interface ViewProvider {
  resolveWebviewView(view: unknown): void | Promise<void>;
}

interface ChatEditor {
  activeEditor: FakeTextEditor | undefined;
  /** The translated sentences, where there are any. */
  bundle: Readonly<Record<string, string>> | undefined;
  visibleEditors: FakeTextEditor[];
  activeTab: unknown;
  folders: FakeUri[];
  isTrusted: boolean;
  /** By address. */
  readonly files: Map<string, Uint8Array>;
  readonly pickSteps: PickStep[];
  readonly picks: FakeQuickPick[];
  /** What the user chooses in the file dialog. */
  chosenFiles: FakeUri[] | undefined;
  nDialogs: number;
  /** The button that the user presses in a message. */
  press: string | undefined;
  readonly messages: string[];
  readonly executed: (readonly unknown[])[];
  /** Called for each command. */
  onExecuted: (id: unknown) => void;
  clipboard: string;
  /** The user presses Cancel as soon as a progress is shown. */
  cancelsProgress: boolean;
  /** What the progress said. */
  readonly reports: unknown[];
  readonly providers: Map<string, ViewProvider>;
  readonly activeEditorChanged: FakeEmitter<FakeTextEditor | undefined>;
}

function newEditor(): ChatEditor {
  return {
    activeEditor: undefined,
    bundle: undefined,
    visibleEditors: [],
    activeTab: undefined,
    folders: [],
    isTrusted: true,
    files: new Map<string, Uint8Array>(),
    pickSteps: [],
    picks: [],
    chosenFiles: undefined,
    nDialogs: 0,
    press: undefined,
    messages: [],
    executed: [],
    onExecuted: () => undefined,
    clipboard: "",
    cancelsProgress: false,
    reports: [],
    providers: new Map<string, ViewProvider>(),
    activeEditorChanged: new FakeEmitter<FakeTextEditor | undefined>(),
  };
}

/** What the test sets before and looks at afterwards. */
export const chatEditor: ChatEditor = newEditor();

/** Makes the editor new; for `beforeEach`. */
export function resetChatEditor(): void {
  Object.assign(chatEditor, newEditor());
}

function say(text: string, ...rest: readonly unknown[]): Promise<unknown> {
  chatEditor.messages.push(text);
  return Promise.resolve(rest.find((button) => button === chatEditor.press));
}

function readFile(uri: FakeUri): Promise<Uint8Array> {
  const bytes = chatEditor.files.get(uri.toString());
  return bytes === undefined ? Promise.reject(new Error("ENOENT")) : Promise.resolve(bytes);
}

const window = {
  get activeTextEditor() {
    return chatEditor.activeEditor;
  },
  get visibleTextEditors() {
    return chatEditor.visibleEditors;
  },
  get tabGroups() {
    return { activeTabGroup: { activeTab: { input: chatEditor.activeTab } } };
  },
  onDidChangeActiveTextEditor: (listener: (editor: FakeTextEditor | undefined) => void) =>
    chatEditor.activeEditorChanged.event(listener),
  createQuickPick: () => new FakeQuickPick(),
  registerWebviewViewProvider: (id: string, provider: ViewProvider) => {
    chatEditor.providers.set(id, provider);
    return { dispose: () => chatEditor.providers.delete(id) };
  },
  setStatusBarMessage: (text: string) => {
    chatEditor.messages.push(text);
  },
  showErrorMessage: say,
  showInformationMessage: say,
  showWarningMessage: say,
  showOpenDialog: () => {
    chatEditor.nDialogs++;
    return Promise.resolve(chatEditor.chosenFiles);
  },
  withProgress: (_: unknown, work: (...args: readonly unknown[]) => Promise<unknown>) =>
    work(
      { report: (report: unknown) => chatEditor.reports.push(report) },
      {
        onCancellationRequested: (listener: () => void) => {
          if (chatEditor.cancelsProgress) setImmediate(listener);
        },
      },
    ),
};

const workspace = {
  get workspaceFolders() {
    return chatEditor.folders.map((uri) => ({ uri }));
  },
  get isTrusted() {
    return chatEditor.isTrusted;
  },
  get textDocuments() {
    return chatEditor.activeEditor === undefined ? [] : [chatEditor.activeEditor.document];
  },
  asRelativePath: (uri: FakeUri) => uri.path.replace(/^\/w\//, ""),
  applyEdit: (edit: FakeEdit) => {
    chatEditor.activeEditor?.document.change(edit.replacements);
    return Promise.resolve(true);
  },
  findFiles: (_: string, __: string, limit: number) =>
    Promise.resolve([...chatEditor.files.keys()].slice(0, limit).map((uri) => FakeUri.parse(uri))),
  fs: {
    createDirectory: () => Promise.resolve(),
    stat: async (uri: FakeUri) => ({ type: 1, size: (await readFile(uri)).length }),
    readFile,
    writeFile: (uri: FakeUri, bytes: Uint8Array) => {
      chatEditor.files.set(uri.toString(), bytes);
      return Promise.resolve();
    },
    delete: (uri: FakeUri) => {
      chatEditor.files.delete(uri.toString());
      return Promise.resolve();
    },
  },
};

/** Of an action or a paste; only whole features that are loaded look at it. */
class FakeKind {
  static readonly Empty = new FakeKind();
  append(): this {
    return this;
  }
}

const vscode = {
  CodeActionKind: FakeKind,
  DocumentDropOrPasteEditKind: FakeKind,
  CancellationTokenSource: class {
    readonly token = {};
    cancel(): void {
      chatEditor.executed.push(["cancelled"]);
    }
    dispose(): void {
      // There is nothing to free.
    }
  },
  Disposable: class {
    readonly dispose: () => void;
    constructor(dispose: () => void) {
      this.dispose = dispose;
    }
  },
  FileType: { Unknown: 0, File: 1, Directory: 2, SymbolicLink: 64 },
  ProgressLocation: { SourceControl: 1, Window: 10, Notification: 15 },
  QuickPickItemKind: { Separator: -1, Default: 0 },
  Range: FakeRange,
  TabInputCustom: FakeTabInputCustom,
  ThemeIcon: class {
    readonly id: string;
    constructor(id: string) {
      this.id = id;
    }
  },
  Uri: FakeUri,
  WorkspaceEdit: FakeEdit,
  commands: {
    executeCommand: (...call: readonly unknown[]) => {
      chatEditor.executed.push(call);
      chatEditor.onExecuted(call[0]);
      return Promise.resolve();
    },
  },
  env: {
    language: "de-AT",
    clipboard: {
      writeText: (text: string) => {
        chatEditor.clipboard = text;
        return Promise.resolve();
      },
    },
  },
  l10n: {
    get bundle() {
      return chatEditor.bundle;
    },
    t: (message: string, ...values: (string | number)[]) =>
      message.replace(/\{(\d+)\}/g, (hole: string, index: string) =>
        String(values[Number(index)] ?? hole),
      ),
  },
  window,
  workspace,
};

const loader = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
const load = loader._load;
loader._load = (request, ...rest) => (request === "vscode" ? vscode : load(request, ...rest));
