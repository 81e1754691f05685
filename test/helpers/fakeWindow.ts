/**
 * As much of the editor's window as the model manager and the status bar need, found under the name
 * "vscode". A test writes down what the user does. To be imported before whatever imports that.
 */

import Module from "node:module";

interface Button {
  readonly tooltip: string;
}

interface Item {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  readonly buttons?: readonly Button[];
}

/** What the user does when a list is there: chooses a label, presses a button of it, or leaves. */
export type ListStep = { readonly choose: string; readonly button?: string } | "leave";

export interface FakeWindow {
  /** One for each list that is shown; without one the user leaves. */
  readonly listSteps: ListStep[];
  /** The labels that the user presses wherever they are offered. */
  readonly pressed: Set<string>;
  /** What the user types; undefined for Escape. */
  typed: string | undefined;
  /** What the user picks in a file dialog. */
  pickedFolder: FakeUri | undefined;
  /** Presses Cancel in the progress of this title when it is shown. */
  cancelledTitle: string | undefined;
  /** Everything that was shown, oldest first. */
  readonly messages: { readonly text: string; readonly detail: string | undefined }[];
  readonly lists: (readonly Item[])[];
  readonly progress: { readonly title: string; readonly reports: unknown[] }[];
  readonly notes: string[];
  /** Addresses of the documents that were shown. */
  readonly documents: string[];
  /** What the clipboard holds. */
  copied: string | undefined;
  readonly executed: (readonly unknown[])[];
  readonly statusItems: FakeStatusItem[];
  /** Paths of the files that there are. */
  readonly files: Set<string>;
}

export interface FakeStatusItem {
  readonly id: string;
  text: string;
  tooltip: FakeMarkdown | undefined;
  backgroundColor: { readonly id: string } | undefined;
  accessibilityInformation: { readonly label: string } | undefined;
  command: string | undefined;
  isShown: boolean;
  isDisposed: boolean;
}

export class FakeUri {
  readonly scheme: string;
  readonly fsPath: string;

  constructor(scheme: string, fsPath: string) {
    this.scheme = scheme;
    this.fsPath = fsPath;
  }

  static file(fsPath: string): FakeUri {
    return new FakeUri("file", fsPath);
  }

  static joinPath({ scheme, fsPath }: FakeUri, name: string): FakeUri {
    return new FakeUri(scheme, `${fsPath}/${name}`);
  }

  static from({ scheme, path }: { readonly scheme: string; readonly path: string }): FakeUri {
    return new FakeUri(scheme, path);
  }

  get path(): string {
    return this.fsPath;
  }
}

export class FakeMarkdown {
  value: string;

  constructor(value: string) {
    this.value = value;
  }

  appendMarkdown(text: string): this {
    this.value += text;
    return this;
  }

  appendText(text: string): this {
    this.value += text.replace(/[\\`*_{}[\]()#+\-!~]/g, "\\$&");
    return this;
  }
}

class NamedThing {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }
}

export const fakeWindow: FakeWindow = newWindow();

/** Forgets everything; for `beforeEach`. */
export function resetFakeWindow(): void {
  Object.assign(fakeWindow, newWindow());
}

function newWindow(): FakeWindow {
  return {
    listSteps: [],
    pressed: new Set(),
    typed: undefined,
    pickedFolder: undefined,
    cancelledTitle: undefined,
    messages: [],
    lists: [],
    progress: [],
    notes: [],
    documents: [],
    copied: undefined,
    executed: [],
    statusItems: [],
    files: new Set(),
  };
}

/** Buttons come after the options, which are there for modal messages only. */
function showMessage(text: string, ...rest: readonly unknown[]): Promise<string | undefined> {
  const options = rest.find((part) => typeof part === "object") as { detail?: string } | undefined;
  fakeWindow.messages.push({ text, detail: options?.detail });
  const buttons = rest.filter((part) => typeof part === "string");
  return Promise.resolve(buttons.find((button) => fakeWindow.pressed.has(button)));
}

class FakeQuickPick {
  selectedItems: readonly Item[] = [];
  activeItems: readonly Item[] = [];
  #accept: () => void = () => undefined;
  #trigger: (event: { item: Item; button: Button }) => void = () => undefined;
  #hide: () => void = () => undefined;

  set items(items: readonly Item[]) {
    fakeWindow.lists.push(items);
    // A user is slower than the code that fills the list.
    setImmediate(() => {
      this.#act(items, fakeWindow.listSteps.shift() ?? "leave");
    });
  }

  onDidAccept(listener: () => void): void {
    this.#accept = listener;
  }

  onDidTriggerItemButton(listener: (event: { item: Item; button: Button }) => void): void {
    this.#trigger = listener;
  }

  onDidHide(listener: () => void): void {
    this.#hide = listener;
  }

  show(): void {
    // The test looks at the items, not at the place where they are.
  }

  dispose(): void {
    this.#hide();
  }

  #act(items: readonly Item[], step: ListStep): void {
    if (step === "leave") {
      this.#hide();
      return;
    }
    const item = itemCalled(items, step.choose);
    if (step.button === undefined) {
      this.selectedItems = [item];
      this.#accept();
      return;
    }
    const button = item.buttons?.find(({ tooltip }) => tooltip === step.button);
    if (button === undefined) throw new Error(`${step.choose} has no button ${step.button}`);
    this.#trigger({ item, button });
  }
}

function itemCalled(items: readonly Item[], label: string): Item {
  const item = items.find((candidate) => candidate.label === label);
  if (item === undefined) throw new Error(`The list has no ${label}`);
  return item;
}

async function withProgress<T>(
  { title, cancellable }: { readonly title: string; readonly cancellable: boolean },
  work: (
    progress: { report: (report: unknown) => void },
    token: { onCancellationRequested: (listener: () => void) => { dispose(): void } },
  ) => Promise<T>,
): Promise<T> {
  const reports: unknown[] = [];
  fakeWindow.progress.push({ title, reports });
  const isCancelled = cancellable && fakeWindow.cancelledTitle === title;
  const token = {
    onCancellationRequested: (listener: () => void) => {
      if (isCancelled) setImmediate(listener);
      return { dispose: () => undefined };
    },
  };
  return await work({ report: (report) => reports.push(report) }, token);
}

const vscode = {
  MarkdownString: FakeMarkdown,
  ProgressLocation: { SourceControl: 1, Window: 10, Notification: 15 },
  QuickPickItemKind: { Separator: -1, Default: 0 },
  StatusBarAlignment: { Left: 1, Right: 2 },
  ThemeColor: NamedThing,
  ThemeIcon: NamedThing,
  UIKind: { Desktop: 1, Web: 2 },
  Uri: FakeUri,
  env: {
    remoteName: undefined,
    uiKind: 1,
    clipboard: {
      writeText: (text: string) => {
        fakeWindow.copied = text;
        return Promise.resolve();
      },
    },
  },
  l10n: {
    t: (message: string, ...values: unknown[]) =>
      message.replace(/\{(\d+)\}/g, (_, index: string) => String(values[Number(index)])),
  },
  commands: {
    executeCommand: (...call: readonly unknown[]) => {
      fakeWindow.executed.push(call);
      return Promise.resolve();
    },
  },
  workspace: {
    fs: {
      createDirectory: () => Promise.resolve(),
      stat: ({ fsPath }: FakeUri) =>
        fakeWindow.files.has(fsPath) ? Promise.resolve({}) : Promise.reject(new Error("Gone.")),
    },
    openTextDocument: ({ content }: { readonly content: string }) => Promise.resolve({ content }),
  },
  window: {
    createQuickPick: () => new FakeQuickPick(),
    createStatusBarItem: (id: string) => {
      const item: FakeStatusItem & { show(): void; dispose(): void } = {
        id,
        text: "",
        tooltip: undefined,
        backgroundColor: undefined,
        accessibilityInformation: undefined,
        command: undefined,
        isShown: false,
        isDisposed: false,
        show: () => {
          item.isShown = true;
        },
        dispose: () => {
          item.isDisposed = true;
        },
      };
      fakeWindow.statusItems.push(item);
      return item;
    },
    setStatusBarMessage: (text: string) => {
      fakeWindow.notes.push(text);
    },
    showErrorMessage: showMessage,
    showInformationMessage: showMessage,
    showInputBox: () => Promise.resolve(fakeWindow.typed),
    showOpenDialog: () =>
      Promise.resolve(
        fakeWindow.pickedFolder === undefined ? undefined : [fakeWindow.pickedFolder],
      ),
    showQuickPick: (items: readonly Item[]) => {
      fakeWindow.lists.push(items);
      const step = fakeWindow.listSteps.shift() ?? "leave";
      return Promise.resolve(step === "leave" ? undefined : itemCalled(items, step.choose));
    },
    showTextDocument: ({ scheme, path }: FakeUri) => {
      fakeWindow.documents.push(`${scheme}:${path}`);
      return Promise.resolve();
    },
    showWarningMessage: showMessage,
    withProgress,
  },
};

const loader = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
const load = loader._load;
loader._load = (request, ...rest) => (request === "vscode" ? vscode : load(request, ...rest));
