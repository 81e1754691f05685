/** What code under test finds under the name "vscode": as much of the editor as the extension uses. */

/* eslint-disable @typescript-eslint/explicit-module-boundary-types -- the editor's types say what it is */

import picomatch from "picomatch";
import { FakeDocument, FakeTextEditor } from "./documents";
import { fakeEditor } from "./fakeEditor";
import { FakeInputBox, FakeQuickPick, showQuickPick } from "./lists";
import {
  FakeCancellation,
  FakeCancellationError,
  FakeDiagnostic,
  FakeDisposable,
  FakeEdit,
  FakeEmitter,
  FakeFileSystemError,
  FakeKind,
  FakeMarkdown,
  FakePosition,
  FakeRange,
  FakeTabInputCustom,
  FakeUri,
  holder,
} from "./values";
import { FakeStatusItem, FakeWebviewPanel, type ViewProvider } from "./windowParts";

export {
  FakeCancellation as CancellationTokenSource,
  FakeCancellationError as CancellationError,
  FakeDiagnostic as Diagnostic,
  FakeDisposable as Disposable,
  FakeEmitter as EventEmitter,
  FakeFileSystemError as FileSystemError,
  FakeKind as CodeActionKind,
  FakeKind as DocumentDropOrPasteEditKind,
  FakeMarkdown as MarkdownString,
  FakePosition as Position,
  FakeRange as Range,
  FakeTabInputCustom as TabInputCustom,
  FakeUri as Uri,
  FakeEdit as WorkspaceEdit,
};
export const NotebookCellKind = { Markup: 1, Code: 2 } as const;
export const CodeAction = holder("title", "kind");
export const DocumentDropEdit = holder("insertText", "title", "kind");
export const DocumentPasteEdit = holder("insertText", "title", "kind");
export const LanguageModelTextPart = holder("value");
export const LanguageModelToolResult = holder("content");
export const McpStdioServerDefinition = holder("label", "command", "args", "env", "version");
export const DiagnosticRelatedInformation = holder("location", "message");
export const Hover = holder("contents", "range");
export const Location = holder("uri", "range");
export const RelativePattern = holder("base", "pattern");
export const TabInputText = holder("uri");
export const TreeItem = holder("label", "collapsibleState");
export const TreeItemCollapsibleState = { None: 0, Collapsed: 1, Expanded: 2 };
export const ThemeColor = holder("id");
export const ThemeIcon = holder("id");
export const QuickInputButtons = { Back: { tooltip: "Back" } };
export const ConfigurationTarget = { Global: 1, Workspace: 2, WorkspaceFolder: 3 };
export const DiagnosticSeverity = { Error: 0, Warning: 1, Information: 2, Hint: 3 };
export const FileType = { Unknown: 0, File: 1, Directory: 2, SymbolicLink: 64 };
export const InputBoxValidationSeverity = { Info: 1, Warning: 2, Error: 3 };
export const ViewColumn = { Active: -1, Beside: -2 };
export const ProgressLocation = { SourceControl: 1, Window: 10, Notification: 15 };
export const QuickPickItemKind = { Separator: -1, Default: 0 };
export const StatusBarAlignment = { Left: 1, Right: 2 };
export const TextEditorRevealType = {
  ...{ Default: 0, InCenter: 1, InCenterIfOutsideViewport: 2, AtTop: 3 },
};
export const UIKind = { Desktop: 1, Web: 2 };

export const l10n = {
  get bundle() {
    return fakeEditor.bundle;
  },
  t: (message: string, ...values: readonly (string | number)[]) =>
    message.replace(/\{(\d+)\}/g, (hole: string, index: string) =>
      String(values[Number(index)] ?? hole),
    ),
};

export const env = {
  get language() {
    return fakeEditor.language;
  },
  remoteName: undefined,
  uiKind: UIKind.Desktop,
  clipboard: {
    writeText: (text: string) => {
      fakeEditor.clipboard = text;
      return Promise.resolve();
    },
  },
};

export const commands = {
  executeCommand: async (...call: readonly unknown[]) => {
    fakeEditor.executed.push(call);
    return await fakeEditor.onExecuted?.(...call);
  },
};

const noEvent = (): FakeDisposable => new FakeDisposable(() => undefined);

function register(
  name: string,
): (selector: unknown, provider: unknown, metadata?: unknown) => FakeDisposable {
  return (_, provider, metadata) => {
    fakeEditor.providers.set(name, { provider, metadata });
    return new FakeDisposable(() => fakeEditor.providers.delete(name));
  };
}

function createDiagnosticCollection(owner: string): object {
  const mark = (uri: FakeUri, given: readonly FakeDiagnostic[]): void => {
    const address = uri.toString();
    const all = fakeEditor.diagnostics.get(address) ?? new Map<string, readonly FakeDiagnostic[]>();
    fakeEditor.diagnostics.set(address, all.set(owner, given));
    void fakeEditor.diagnosticsChanged.fire({ uris: [uri] });
  };
  return {
    set: (uri: FakeUri, given: readonly FakeDiagnostic[]) => {
      fakeEditor.nMarked.push(given.length);
      mark(uri, given);
    },
    delete: (uri: FakeUri) => {
      mark(uri, []);
    },
    dispose: () => {
      for (const all of fakeEditor.diagnostics.values()) all.delete(owner);
    },
  };
}

export const languages = {
  createDiagnosticCollection,
  getDiagnostics: (uri: FakeUri) =>
    [...(fakeEditor.diagnostics.get(uri.toString())?.values() ?? [])].flat(),
  onDidChangeDiagnostics: (listener: (event: { readonly uris: readonly FakeUri[] }) => unknown) =>
    fakeEditor.diagnosticsChanged.event(listener),
  registerCodeActionsProvider: register("actions"),
  registerHoverProvider: register("hover"),
  registerDocumentPasteEditProvider: register("paste"),
  registerDocumentDropEditProvider: register("drop"),
};

type Kind = (typeof fakeEditor.messages)[number]["kind"];

/** Options come before the buttons, for modal messages only. */
function show(kind: Kind): (text: string, ...rest: readonly unknown[]) => Promise<unknown> {
  return async (text, ...rest) => {
    const options = rest.find((part) => typeof part === "object") as
      { readonly detail?: string } | undefined;
    fakeEditor.messages.push({ kind, text, detail: options?.detail });
    await fakeEditor.beforePress();
    const pressed = rest.find((button) => fakeEditor.pressed.has(String(button)));
    if (pressed === undefined && fakeEditor.messagesStay) return new Promise(() => undefined);
    return pressed;
  };
}

function withProgress(
  { title = "" }: { readonly title?: string },
  work: (progress: object, token: object) => Promise<unknown>,
): Promise<unknown> {
  const cancelled = new FakeEmitter<undefined>();
  const reports: unknown[] = [];
  const cancel = (): void => {
    void cancelled.fire(undefined);
  };
  fakeEditor.progress.push({ title, reports, cancel });
  if (fakeEditor.cancelledTitle === title) setImmediate(cancel);
  return work(
    { report: (report: unknown) => reports.push(report) },
    { onCancellationRequested: cancelled.event },
  );
}

export const window = {
  get activeTextEditor() {
    return fakeEditor.activeEditor;
  },
  get visibleTextEditors() {
    return fakeEditor.visibleEditors;
  },
  tabGroups: {
    get activeTabGroup() {
      return { activeTab: { input: fakeEditor.activeTab } };
    },
    get all() {
      return [{ tabs: fakeEditor.tabs.map((uri) => ({ input: { uri } })) }];
    },
    close: () => Promise.resolve(true),
  },
  get state() {
    return { focused: fakeEditor.isFocused };
  },
  createQuickPick: () => {
    const picker = new FakeQuickPick();
    fakeEditor.pickers.push(picker);
    return picker;
  },
  createInputBox: () => new FakeInputBox(),
  createWebviewPanel: (viewType: string, title: string) => new FakeWebviewPanel(viewType, title),
  createStatusBarItem: (id: string) => new FakeStatusItem(id),
  createTextEditorDecorationType: noEvent,
  createTreeView: (id: string, { treeDataProvider }: { readonly treeDataProvider: unknown }) => {
    const view = { id, provider: treeDataProvider, message: "", badge: undefined };
    fakeEditor.trees.set(id, view);
    return Object.assign(view, { dispose: () => fakeEditor.trees.delete(id) });
  },
  onDidChangeActiveTextEditor: (listener: (editor: FakeTextEditor | undefined) => unknown) =>
    fakeEditor.activeEditorChanged.event(listener),
  onDidChangeTextEditorSelection: noEvent,
  onDidChangeWindowState: (listener: (state: { readonly focused: boolean }) => unknown) =>
    fakeEditor.windowStateChanged.event(listener),
  registerWebviewViewProvider: (id: string, provider: ViewProvider) => {
    fakeEditor.views.set(id, provider);
    return new FakeDisposable(() => fakeEditor.views.delete(id));
  },
  setStatusBarMessage: (text: string) => {
    fakeEditor.notes.push(text);
  },
  showErrorMessage: show("error"),
  showInformationMessage: show("information"),
  showWarningMessage: show("warning"),
  showInputBox: (options: { readonly value?: string; readonly title?: string }) => {
    fakeEditor.boxes.push(options);
    return Promise.resolve(fakeEditor.typed.shift());
  },
  showSaveDialog: () => Promise.resolve(fakeEditor.chosenFiles?.[0]),
  showOpenDialog: () => {
    fakeEditor.nDialogs++;
    return Promise.resolve(fakeEditor.chosenFiles);
  },
  showQuickPick,
  /** Takes an address or a document. */
  showTextDocument: (shown: FakeUri | FakeDocument) => {
    const document = shown instanceof FakeUri ? openAt(shown) : shown;
    const uri = shown instanceof FakeUri ? shown : shown.uri;
    fakeEditor.shown.push(uri.toString());
    if (document === undefined) return Promise.resolve(undefined);
    const editor =
      fakeEditor.visibleEditors.find((one) => one.document === document) ??
      new FakeTextEditor(document, [0, 0]);
    if (!fakeEditor.visibleEditors.includes(editor)) fakeEditor.visibleEditors.push(editor);
    return Promise.resolve(editor);
  },
  withProgress,
};

/** @throws what a file system says of a file that cannot be read */
function fileAt(uri: FakeUri): Uint8Array | "folder" {
  const address = uri.toString();
  const file = fakeEditor.files.get(address);
  if (file instanceof Error) throw file;
  if (file !== undefined) return file;
  const isFolder = [...fakeEditor.files.keys()].some((other) => other.startsWith(`${address}/`));
  if (isFolder) return "folder";
  throw new FakeFileSystemError("FileNotFound");
}

function readFile(uri: FakeUri): Uint8Array {
  fakeEditor.filesRead.push(uri.toString());
  const file = fileAt(uri);
  if (file === "folder") throw new FakeFileSystemError("FileIsADirectory");
  return file;
}

// Asynchronous, so that what is thrown is a rejection, as in the editor.
const fs = {
  createDirectory: () => Promise.resolve(),
  delete: async (uri: FakeUri) => Promise.resolve(fakeEditor.files.delete(uri.toString())),
  isWritableFileSystem: (scheme: string) => scheme !== "readonly",
  readDirectory: (uri: FakeUri) => {
    const folder = `${uri.toString()}/`;
    const open = fakeEditor.documents.map((document) => document.uri.toString());
    const below = [...fakeEditor.files.keys(), ...open]
      .filter((file) => file.startsWith(folder))
      .map((file) => file.slice(folder.length).split("/"));
    return Promise.resolve(below.map(([name = "", ...rest]) => [name, rest.length > 0 ? 2 : 1]));
  },
  readFile: async (uri: FakeUri) => Promise.resolve(readFile(uri)),
  rename: (from: FakeUri, to: FakeUri) => {
    const bytes = fakeEditor.files.get(from.toString());
    if (bytes === undefined) throw new FakeFileSystemError("FileNotFound");
    fakeEditor.files.delete(from.toString());
    fakeEditor.files.set(to.toString(), bytes);
    return Promise.resolve();
  },
  stat: async (uri: FakeUri) => {
    const file = fileAt(uri);
    if (file === "folder") return Promise.resolve({ type: FileType.Directory, size: 0 });
    const size = fakeEditor.sizes.get(uri.toString()) ?? file.length;
    return Promise.resolve({ type: FileType.File, size, ...fakeEditor.times.get(uri.toString()) });
  },
  writeFile: (uri: FakeUri, bytes: Uint8Array) => {
    fakeEditor.files.set(uri.toString(), bytes);
    return Promise.resolve();
  },
};

function openDocuments(): readonly FakeDocument[] {
  const active = fakeEditor.activeEditor?.document;
  const { documents } = fakeEditor;
  return active === undefined || documents.includes(active) ? documents : [...documents, active];
}

/** The document of an address, which is opened when there is such a file. */
function openAt(uri: FakeUri): FakeDocument | undefined {
  const open = openDocuments().find((one) => one.uri.toString() === uri.toString());
  const file = fakeEditor.files.get(uri.toString());
  if (open !== undefined || !(file instanceof Uint8Array)) return open;
  const document = new FakeDocument(uri, "plaintext", new TextDecoder().decode(file));
  fakeEditor.documents.push(document);
  return document;
}

export const workspace = {
  get isTrusted() {
    return fakeEditor.isTrusted;
  },
  get textDocuments() {
    return openDocuments();
  },
  get notebookDocuments() {
    return fakeEditor.notebooks;
  },
  get workspaceFolders() {
    return fakeEditor.folders.map((uri) => ({ uri }));
  },
  applyEdit: (edit: FakeEdit) => {
    fakeEditor.edits.push(edit);
    for (const document of openDocuments()) {
      const changes = edit.replacements.filter(
        ({ uri }) => uri.toString() === document.uri.toString(),
      );
      if (changes.length > 0) document.change(changes);
    }
    return Promise.resolve(true);
  },
  asRelativePath: ({ path }: FakeUri) => path.replace(/^\/w\//, ""),
  /** A pattern without a folder of its own goes for all files, whatever the folders are. */
  findFiles: (given: string | { base: FakeUri; pattern: string }, _?: string, limit?: number) => {
    const isAnywhere = typeof given === "string";
    const isWanted = picomatch(isAnywhere ? given : given.pattern, { dot: true });
    const found = [...fakeEditor.files.keys()].filter((file) => {
      if (isAnywhere) return isWanted(FakeUri.parse(file).path.slice(1));
      const base = `${given.base.toString()}/`;
      return file.startsWith(base) && isWanted(file.slice(base.length));
    });
    return Promise.resolve(found.slice(0, limit).map((file) => FakeUri.parse(file)));
  },
  fs,
  getConfiguration: (section: string, scope?: { readonly languageId?: string } | null) => ({
    get: (key: string, otherwise?: unknown) =>
      fakeEditor.settings.get(`[${scope?.languageId ?? ""}]${section}.${key}`) ??
      fakeEditor.settings.get(`${section}.${key}`) ??
      otherwise,
    update: (key: string, value: unknown, target: number) => {
      fakeEditor.updates.push({ key: `${section}.${key}`, value, target });
      return Promise.resolve();
    },
  }),
  getWorkspaceFolder: (uri: FakeUri) =>
    workspace.workspaceFolders.find(
      (folder) => folder.uri.scheme === uri.scheme && uri.path.startsWith(`${folder.uri.path}/`),
    ),
  onDidChangeConfiguration: (listener: Parameters<typeof fakeEditor.settingsChanged.event>[0]) =>
    fakeEditor.settingsChanged.event(listener),
  createFileSystemWatcher: (pattern: string) => {
    const isWatched = picomatch(pattern, { dot: true });
    const of =
      ({ event }: FakeEmitter<FakeUri>) =>
      (listener: (file: FakeUri) => unknown): object =>
        event((file) => (isWatched(file.path.slice(1)) ? listener(file) : undefined));
    const { fileCreated, fileChanged, fileDeleted } = fakeEditor;
    return {
      ...{ onDidCreate: of(fileCreated), onDidChange: of(fileChanged) },
      ...{ onDidDelete: of(fileDeleted), dispose: (): void => undefined },
    };
  },
  onDidOpenTextDocument: (listener: (document: FakeDocument) => unknown) =>
    fakeEditor.documentOpened.event(listener),
  onDidSaveTextDocument: (listener: (document: FakeDocument) => unknown) =>
    fakeEditor.documentSaved.event(listener),
  onDidCloseTextDocument: (listener: (document: FakeDocument) => unknown) =>
    fakeEditor.documentClosed.event(listener),
  onDidChangeTextDocument: (listener: (event: unknown) => unknown) =>
    fakeEditor.documentChanged.event(listener),
  /** Takes an address, or what a new document is to hold. */
  openTextDocument: (given: FakeUri | { readonly content: string }) => {
    if (!(given instanceof FakeUri)) {
      const uri = FakeUri.from({ scheme: "untitled", path: "Untitled-1" });
      return Promise.resolve(new FakeDocument(uri, "plaintext", given.content));
    }
    const found = openAt(given);
    return found === undefined
      ? Promise.reject(new FakeFileSystemError("FileNotFound"))
      : Promise.resolve(found);
  },
};
