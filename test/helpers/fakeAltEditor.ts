/**
 * As much of the editor as the work on documents needs, found under the name "vscode". A test writes
 * down what the user does. To be imported before whatever imports that.
 */

import Module from "node:module";
import {
  FakeCancellation,
  FakeDisposable,
  FakeEdit,
  FakeKind,
  FakeMarkdown,
  FakePosition,
  FakeRange,
  FakeText,
  holder,
} from "./fakeAltTypes";
import type { FakeItem, FakeList, ListStep } from "./fakeAltLists";
import { FakeEmitter, FakeTabInputCustom, FakeUri } from "./fakeChatEditor";

export { FakeUri };

export class FakeDocument extends FakeText {
  /** Somebody types; settles when everybody who listens is done. */
  async type(offset: number, text: string): Promise<void> {
    this.change([{ offset, length: 0, text }]);
    await altEditor.changed.fire({
      document: this,
      contentChanges: [{ rangeOffset: offset, rangeLength: 0, text }],
    });
  }
}

class FakeQuickPick {
  title = "";
  placeholder = "";
  canSelectMany = false;
  items: readonly FakeItem[] = [];
  selectedItems: readonly FakeItem[] = [];
  activeItems: readonly FakeItem[] = [];
  readonly #accepted = new FakeEmitter<undefined>();
  readonly #hidden = new FakeEmitter<undefined>();
  readonly #activeChanged = new FakeEmitter<readonly FakeItem[]>();
  readonly #pressed = new FakeEmitter<{ item: FakeItem; button: unknown }>();
  readonly #buttonPressed = new FakeEmitter<unknown>();
  prompt: string | undefined;
  buttons: readonly unknown[] = [];
  readonly onDidAccept = this.#accepted.event;
  readonly onDidHide = this.#hidden.event;
  readonly onDidChangeActive = this.#activeChanged.event;
  readonly onDidTriggerItemButton = this.#pressed.event;
  readonly onDidTriggerButton = this.#buttonPressed.event;

  show(): void {
    altEditor.lists.push(this);
    // A user is slower than the code that shows the list.
    setImmediate(() => {
      this.#act();
    });
  }

  dispose(): void {
    // There is nothing to free.
  }

  #act(): void {
    const step = altEditor.listSteps.shift()?.(this.items) ?? "leave";
    if (step === "leave") {
      void this.#hidden.fire(undefined);
      return;
    }
    if ("button" in step) {
      const item = itemCalled(this.items, step.button);
      void this.#pressed.fire({ item, button: item.buttons?.[0] });
      return;
    }
    if ("take" in step) {
      this.selectedItems = step.take.map((label) => itemCalled(this.items, label));
      this.activeItems = this.selectedItems.slice(0, 1);
      void this.#activeChanged.fire(this.activeItems);
      step.after?.();
    }
    void this.#accepted.fire(undefined);
  }
}

function itemCalled(items: readonly FakeItem[], label: string): FakeItem {
  const item = items.find((candidate) => candidate.label === label);
  const labels = items.map((candidate) => candidate.label).join(", ");
  if (item === undefined) throw new Error(`The list has no ${label}, but ${labels}`);
  return item;
}

function showQuickPick(
  items: readonly FakeItem[],
  { title = "", canPickMany = false }: { title?: string; canPickMany?: boolean },
): Promise<unknown> {
  altEditor.lists.push({ title, items });
  const step = altEditor.listSteps.shift()?.(items) ?? "leave";
  if (step === "leave" || "button" in step) return Promise.resolve(undefined);
  const taken =
    "take" in step
      ? step.take.map((label) => itemCalled(items, label))
      : items.filter(({ picked }) => picked === true);
  return Promise.resolve(canPickMany ? taken : taken[0]);
}

interface AltEditor {
  active:
    | {
        readonly document: FakeDocument;
        readonly selection: FakeRange;
        readonly visibleRanges: readonly FakeRange[];
      }
    | undefined;
  readonly documents: FakeDocument[];
  folders: FakeUri[];
  /** In which the editor is shown. */
  language: string;
  isTrusted: boolean;
  /** By address. */
  readonly files: Map<string, Uint8Array>;
  readonly listSteps: ListStep[];
  readonly lists: FakeList[];
  /** What the user types into boxes, in order; then Escape. */
  readonly typed: string[];
  readonly boxes: { readonly value?: string; readonly title?: string }[];
  /** The button that the user presses in messages. */
  press: string | undefined;
  /** Called before a message is answered, as if the user did something else first. */
  beforePress: () => Promise<void> | void;
  accessibilitySupport: string;
  readonly messages: string[];
  readonly notes: string[];
  readonly executed: (readonly unknown[])[];
  /** Called for a command of the extension. */
  onExecuted: (...call: readonly unknown[]) => unknown;
  readonly progress: { readonly title: string; cancel(): void }[];
  readonly decorations: unknown[];
  /** Lines that were brought into sight, from zero. */
  readonly revealed: number[];
  /** Addresses of documents that were shown. */
  readonly shown: string[];
  readonly edits: FakeEdit[];
  readonly providers: Map<string, { readonly provider: unknown; readonly metadata: unknown }>;
  readonly changed: FakeEmitter<unknown>;
}

function newEditor(): AltEditor {
  return {
    active: undefined,
    documents: [],
    folders: [FakeUri.file("/w")],
    language: "en",
    isTrusted: true,
    files: new Map<string, Uint8Array>(),
    listSteps: [],
    lists: [],
    typed: [],
    boxes: [],
    press: undefined,
    beforePress: () => undefined,
    accessibilitySupport: "off",
    messages: [],
    notes: [],
    executed: [],
    onExecuted: () => undefined,
    progress: [],
    decorations: [],
    revealed: [],
    shown: [],
    edits: [],
    providers: new Map<string, { provider: unknown; metadata: unknown }>(),
    changed: new FakeEmitter<unknown>(),
  };
}

/** What the test sets before and looks at afterwards. */
export const altEditor: AltEditor = newEditor();

/** Makes the editor new; for `beforeEach`. */
export function resetAltEditor(): void {
  Object.assign(altEditor, newEditor());
}

/** Opens a document with the cursor before the words. */
export function openDocument(language: string, text: string, cursor = ""): FakeDocument {
  return openDocumentAt(`page.${language}`, { language, text, cursor });
}

/** The same, in a place of the workspace. */
export function openDocumentAt(
  path: string,
  { language, text, cursor }: { language: string; text: string; cursor: string },
): FakeDocument {
  const document = new FakeDocument(FakeUri.file(`/w/${path}`), language, text);
  altEditor.documents.push(document);
  const { start } = document.rangeOf(cursor);
  altEditor.active = { document, selection: new FakeRange(start, start), visibleRanges: [] };
  return document;
}

/** A file that nobody has opened. */
function readFakeDocument(uri: FakeUri): FakeDocument | undefined {
  const bytes = altEditor.files.get(uri.toString());
  if (bytes === undefined) return undefined;
  const document = new FakeDocument(uri, "plaintext", new TextDecoder().decode(bytes));
  altEditor.documents.push(document);
  return document;
}

async function say(text: string, ...rest: readonly unknown[]): Promise<unknown> {
  altEditor.messages.push(text);
  await altEditor.beforePress();
  return rest.find((button) => button === altEditor.press);
}

async function applyEdit(edit: FakeEdit): Promise<boolean> {
  altEditor.edits.push(edit);
  for (const document of altEditor.documents) {
    const changes = edit.replacements
      .filter(({ uri }) => uri.toString() === document.uri.toString())
      .map(({ range: { start, end }, text }) => {
        return { offset: start.offset, length: end.offset - start.offset, text };
      });
    if (changes.length > 0) document.change(changes);
  }
  return Promise.resolve(true);
}

function withProgress(
  { title }: { readonly title: string },
  work: (progress: object, token: object) => Promise<unknown>,
): Promise<unknown> {
  let cancel = (): void => undefined;
  altEditor.progress.push({
    title,
    cancel: () => {
      cancel();
    },
  });
  const onCancellationRequested = (listener: () => void): void => {
    cancel = listener;
  };
  return work({ report: () => undefined }, { onCancellationRequested });
}

function register(
  name: string,
): (selector: unknown, provider: unknown, metadata?: unknown) => object {
  return (_, provider, metadata) => {
    altEditor.providers.set(name, { provider, metadata });
    return { dispose: () => altEditor.providers.delete(name) };
  };
}

const vscode = {
  CodeAction: holder("title", "kind"),
  CodeActionKind: {
    Empty: new FakeKind(""),
    QuickFix: new FakeKind("quickfix"),
    RefactorRewrite: new FakeKind("refactor.rewrite"),
  },
  Disposable: FakeDisposable,
  DocumentDropEdit: holder("insertText", "title", "kind"),
  DocumentDropOrPasteEditKind: { Empty: new FakeKind(""), Text: new FakeKind("text") },
  DocumentPasteEdit: holder("insertText", "title", "kind"),
  FileType: { Unknown: 0, File: 1, Directory: 2, SymbolicLink: 64 },
  Hover: holder("contents", "range"),
  InputBoxValidationSeverity: { Info: 1, Warning: 2, Error: 3 },
  MarkdownString: FakeMarkdown,
  ProgressLocation: { SourceControl: 1, Window: 10, Notification: 15 },
  Position: FakePosition,
  QuickPickItemKind: { Separator: -1, Default: 0 },
  CancellationTokenSource: FakeCancellation,
  Range: FakeRange,
  RelativePattern: holder("base", "pattern"),
  TabInputCustom: FakeTabInputCustom,
  TabInputText: holder("uri"),
  TextEditorRevealType: { Default: 0, InCenter: 1, InCenterIfOutsideViewport: 2, AtTop: 3 },
  ThemeColor: holder("id"),
  ThemeIcon: holder("id"),
  Uri: FakeUri,
  WorkspaceEdit: FakeEdit,
  commands: {
    executeCommand: async (...call: readonly unknown[]) => {
      altEditor.executed.push(call);
      await altEditor.onExecuted(...call);
    },
  },
  env: {
    get language() {
      return altEditor.language;
    },
    clipboard: { writeText: () => Promise.resolve() },
  },
  l10n: {
    t: (message: string, ...values: (string | number)[]) =>
      message.replace(/\{(\d+)\}/g, (hole: string, index: string) =>
        String(values[Number(index)] ?? hole),
      ),
  },
  languages: {
    registerCodeActionsProvider: register("actions"),
    registerHoverProvider: register("hover"),
    registerDocumentPasteEditProvider: register("paste"),
    registerDocumentDropEditProvider: register("drop"),
  },
  window: {
    get activeTextEditor() {
      return altEditor.active;
    },
    get visibleTextEditors() {
      const setDecorations = (...given: readonly unknown[]): void => {
        altEditor.decorations.push(given[1]);
      };
      const revealRange = ({ start }: FakeRange): void => {
        altEditor.revealed.push(start.line);
      };
      return altEditor.documents.map((document) => ({
        document,
        setDecorations,
        revealRange,
        visibleRanges: [],
      }));
    },
    tabGroups: { activeTabGroup: {}, all: [], close: () => Promise.resolve(true) },
    showTextDocument: (uri: FakeUri) => {
      altEditor.shown.push(uri.toString());
      return Promise.resolve(undefined);
    },
    onDidChangeActiveTextEditor: () => ({ dispose: () => undefined }),
    onDidChangeTextEditorSelection: () => ({ dispose: () => undefined }),
    createQuickPick: () => new FakeQuickPick(),
    createTextEditorDecorationType: () => ({ dispose: () => undefined }),
    setStatusBarMessage: (text: string) => {
      altEditor.notes.push(text);
    },
    showErrorMessage: say,
    showInformationMessage: say,
    showInputBox: (options: { readonly value?: string; readonly title?: string }) => {
      altEditor.boxes.push(options);
      return Promise.resolve(altEditor.typed.shift());
    },
    showQuickPick,
    showWarningMessage: say,
    withProgress,
  },
  workspace: {
    get isTrusted() {
      return altEditor.isTrusted;
    },
    get workspaceFolders() {
      return altEditor.folders.map((uri) => ({ uri }));
    },
    get textDocuments() {
      return altEditor.documents;
    },
    getWorkspaceFolder: (uri: FakeUri) =>
      altEditor.folders.find(({ path }) => uri.path.startsWith(`${path}/`)),
    onDidChangeTextDocument: (listener: (event: unknown) => unknown) =>
      altEditor.changed.event(listener),
    openTextDocument: (uri: FakeUri) => {
      const found =
        altEditor.documents.find((one) => one.uri.toString() === uri.toString()) ??
        readFakeDocument(uri);
      return found === undefined ? Promise.reject(new Error("ENOENT")) : Promise.resolve(found);
    },
    applyEdit,
    getConfiguration: () => ({ get: () => altEditor.accessibilitySupport }),
    findFiles: ({ base }: { readonly base: FakeUri }, _: string, limit: number) =>
      Promise.resolve(
        [...altEditor.files.keys()]
          .filter(
            (file) => file.startsWith(`${base.toString()}/`) && /\.(?:md|mdx|vue)$/.test(file),
          )
          .slice(0, limit)
          .map((file) => FakeUri.parse(file)),
      ),
    asRelativePath: ({ path }: FakeUri) => path.replace("/w/", ""),
    fs: {
      readDirectory: (uri: FakeUri) => {
        const folder = `${uri.toString()}/`;
        const below = [
          ...altEditor.files.keys(),
          ...altEditor.documents.map((one) => one.uri.toString()),
        ]
          .filter((file) => file.startsWith(folder))
          .map((file) => file.slice(folder.length).split("/"));
        return Promise.resolve(
          below.map(([name = "", ...rest]) => [name, rest.length > 0 ? 2 : 1]),
        );
      },
      isWritableFileSystem: (scheme: string) => scheme !== "readonly",
      readFile: (uri: FakeUri) => {
        const bytes = altEditor.files.get(uri.toString());
        return bytes === undefined ? Promise.reject(new Error("ENOENT")) : Promise.resolve(bytes);
      },
      stat: (uri: FakeUri) => {
        const bytes = altEditor.files.get(uri.toString());
        if (bytes !== undefined) return Promise.resolve({ type: 1, size: bytes.length });
        const isFolder = [...altEditor.files.keys()].some((file) =>
          file.startsWith(`${uri.toString()}/`),
        );
        return isFolder
          ? Promise.resolve({ type: 2, size: 0 })
          : Promise.reject(new Error("ENOENT"));
      },
    },
  },
};

const loader = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
const load = loader._load;
loader._load = (request, ...rest) => (request === "vscode" ? vscode : load(request, ...rest));
