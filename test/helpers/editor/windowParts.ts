/** Parts of the fake editor's window that a feature makes or is given. */

import { fakeEditor } from "./fakeEditor";
import { FakeEmitter, FakeUri, type FakeMarkdown } from "./values";

export interface ViewProvider {
  resolveWebviewView(view: unknown): void | Promise<void>;
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
    asWebviewUri: ({ path }: FakeUri): FakeUri =>
      FakeUri.from({ scheme: "https", authority: "page.example", path }),
    onDidReceiveMessage: this.received.event,
    postMessage: (message: unknown): Promise<boolean> => {
      this.posted.push(message);
      return Promise.resolve(true);
    },
  };
}

/** A webview among the editors. */
export class FakeWebviewPanel extends FakeWebviewView {
  readonly viewType: string;
  title: string;
  iconPath: unknown;
  nReveals = 0;
  readonly onDidChangeViewState = this.visibilityChanged.event;

  constructor(viewType: string, title: string) {
    super();
    this.viewType = viewType;
    this.title = title;
    fakeEditor.panels.push(this);
  }

  reveal(): void {
    this.nReveals++;
  }

  dispose(): void {
    void this.disposed.fire(undefined);
  }
}

export class FakeStatusItem {
  readonly id: string;
  text = "";
  tooltip: FakeMarkdown | undefined;
  backgroundColor: { readonly id: string } | undefined;
  accessibilityInformation: { readonly label: string } | undefined;
  command: string | undefined;
  isShown = false;
  isDisposed = false;

  constructor(id: string) {
    this.id = id;
    fakeEditor.statusItems.push(this);
  }

  show(): void {
    this.isShown = true;
  }

  dispose(): void {
    this.isDisposed = true;
  }
}
