/** One of the extension's pages in a webview: fills it, and carries what both sides say. */

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import { displayLocale } from "./numbers";
import { pageHtml } from "./pageHtml";
import type { Services } from "./services";

/** Where the page is shown: what a view in the side bar and a panel among the editors have in common. */
export interface PageFrame {
  readonly webview: vscode.Webview;
  readonly visible: boolean;
  readonly onVisibilityChanged: vscode.Event<unknown>;
  readonly onDidDispose: vscode.Event<void>;
}

export interface PageContent<From extends { readonly type: string }> {
  readonly services: Pick<Services, "context" | "log" | "notices">;
  /** Of a folder of `webview` with a `main.ts`. */
  readonly name: string;
  readonly strings: object;
  /** Reads what the page says. @throws AppError `protocol.violation`. */
  readonly read: (value: unknown) => From;
  /** A page says `ready` first, and again each time it comes back; it knows nothing by then. */
  readonly receive: (message: From) => Promise<void> | void;
  /** The frame is gone. */
  readonly closed: () => void;
}

/** A page that is shown; it ends with its frame. */
export class WebviewPage<From extends { readonly type: string }, To> {
  readonly #frame: PageFrame;
  readonly #content: PageContent<From>;
  #isOpen = true;
  /** True once the page has said so; before, and while it is hidden, it hears nothing. */
  #isReady = false;

  constructor(frame: PageFrame, content: PageContent<From>) {
    this.#frame = frame;
    this.#content = content;
    const { webview } = frame;
    const folder = pageFolder(content.services.context);
    webview.options = { enableScripts: true, localResourceRoots: [folder] };
    const subscriptions = [
      webview.onDidReceiveMessage((message: unknown) => this.#receive(message)),
      frame.onVisibilityChanged(() => {
        // A hidden page is thrown away; the next one says that it is ready.
        if (!frame.visible) this.#isReady = false;
      }),
      frame.onDidDispose(() => {
        for (const subscription of subscriptions) subscription.dispose();
        this.leave();
        content.closed();
      }),
    ];
    const uri = (file: string): string =>
      webview.asWebviewUri(vscode.Uri.joinPath(folder, file)).toString();
    webview.html = pageHtml({
      cspSource: webview.cspSource,
      scriptUri: uri(`${content.name}.js`),
      styleUri: uri(`${content.name}.css`),
      nonce: randomBytes(16).toString("hex"),
      language: displayLocale(),
      strings: content.strings,
    });
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Says something to a page that is there; another asks for everything when it comes. */
  post(message: To): void {
    if (this.#isReady) void this.#frame.webview.postMessage(message);
  }

  /** Another page has taken its place: neither side hears the other any more. */
  leave(): void {
    this.#isOpen = false;
    this.#isReady = false;
  }

  async #receive(received: unknown): Promise<void> {
    if (!this.#isOpen) return;
    const { services, read, receive } = this.#content;
    let message: From;
    try {
      message = read(received);
    } catch (thrown) {
      services.log.warn(AppError.from(thrown).message);
      return;
    }
    if (message.type === "ready") this.#isReady = true;
    await services.notices.guard(async () => {
      await receive(message);
    });
  }
}

function pageFolder({ extensionUri }: vscode.ExtensionContext): vscode.Uri {
  return vscode.Uri.joinPath(extensionUri, "dist", "webview");
}
