/** A page among the editors: one panel that is opened, brought to the front, and filled again. */

import * as vscode from "vscode";
import { type PageContent, WebviewPage } from "./webviewPage";

export interface PanelOptions<From extends { readonly type: string }> extends Omit<
  PageContent<From>,
  "closed"
> {
  /** Its kind, for the editor. */
  readonly viewType: string;
  readonly title: string;
  /** The panel was closed. */
  readonly closed?: () => void;
}

/** Holds at most one panel of its kind. */
export class PagePanel<From extends { readonly type: string }, To> implements vscode.Disposable {
  readonly #options: PanelOptions<From>;
  #open: { readonly panel: vscode.WebviewPanel; readonly page: WebviewPage<From, To> } | undefined;

  constructor(options: PanelOptions<From>) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Brings the panel to the front with the keyboard in it. */
  show(title = this.#options.title): void {
    if (this.#open !== undefined) {
      this.#open.panel.title = title;
      this.#open.panel.reveal();
      return;
    }
    const { viewType } = this.#options;
    this.adopt(vscode.window.createWebviewPanel(viewType, title, vscode.ViewColumn.Active));
  }

  /** Fills a panel that was made just now, or that the editor kept from before. */
  adopt(panel: vscode.WebviewPanel): void {
    const { services } = this.#options;
    const iconAt = (name: string): vscode.Uri =>
      vscode.Uri.joinPath(services.context.extensionUri, "media", name);
    panel.iconPath = { light: iconAt("activity.svg"), dark: iconAt("activity-dark.svg") };
    const frame = {
      webview: panel.webview,
      get visible() {
        return panel.visible;
      },
      onVisibilityChanged: panel.onDidChangeViewState,
      onDidDispose: panel.onDidDispose,
    };
    const closed = (): void => {
      this.#open = undefined;
      this.#options.closed?.();
    };
    this.#open = { panel, page: new WebviewPage<From, To>(frame, { ...this.#options, closed }) };
  }

  /** Says something to the page; one that is not there asks for everything when it comes. */
  post(message: To): void {
    this.#open?.page.post(message);
  }

  dispose(): void {
    this.#open?.panel.dispose();
  }
}
