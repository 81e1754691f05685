/** The webview in the side bar: carries messages between the page and the chat's session. */

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import { insertAnswer } from "./answerInsert";
import { engineView } from "../engine/engineView";
import type { LastEditor } from "./lastEditor";
import { displayLocale } from "../shell/numbers";
import { choosePictures } from "../pictures/picturePicker";
import { readPictures } from "../pictures/readPictures";
import type { CommandId } from "../shell/commandIds";
import { CHAT_VIEW_ID, type Services } from "../shell/services";
import { viewStrings } from "./viewStrings";
import { chatPage } from "./webviewHtml";
import type { ChatSession } from "../../host/chat/chatSession";
import {
  type FromView,
  type PictureBytes,
  readFromView,
  type ToView,
} from "../../protocol/viewMessages";

export interface ChatViewOptions {
  readonly services: Services;
  readonly session: ChatSession;
  readonly lastEditor: LastEditor;
}

/** Shows one session; the page may come and go as often as it likes. */
export class ChatView implements vscode.Disposable {
  readonly #options: ChatViewOptions;
  readonly #subscriptions: vscode.Disposable[];
  #view: vscode.WebviewView | undefined;
  /** True once the page has said so; before, and while it is hidden, it hears nothing. */
  #isReady = false;
  /** What the page is told after it has got everything. */
  #afterReady: ToView[] = [];

  constructor(options: ChatViewOptions) {
    this.#options = options;
    const { services, session } = options;
    const stops = [
      session.onMessage((message) => {
        this.#post(message);
      }),
      services.engine.onStatusChanged((status) => {
        this.#post({ type: "engineChanged", engine: engineView(status, services.notices) });
      }),
    ];
    this.#subscriptions = stops.map((stop) => new vscode.Disposable(stop));
  }

  /** Fills a view that the editor made. */
  attach(view: vscode.WebviewView): void {
    const { extensionUri } = this.#options.services.context;
    const dist = vscode.Uri.joinPath(extensionUri, "dist");
    this.#view = view;
    this.#isReady = false;
    view.webview.options = { enableScripts: true, localResourceRoots: [dist] };
    const subscriptions = [
      view.webview.onDidReceiveMessage((message: unknown) => this.#receive(view, message)),
      view.onDidChangeVisibility(() => {
        // A hidden page is thrown away; the next one says that it is ready.
        if (!view.visible && this.#view === view) this.#isReady = false;
      }),
      view.onDidDispose(() => {
        for (const subscription of subscriptions) subscription.dispose();
        if (this.#view !== view) return;
        this.#view = undefined;
        this.#isReady = false;
      }),
    ];
    view.webview.html = chatPage({
      cspSource: view.webview.cspSource,
      scriptUri: view.webview.asWebviewUri(vscode.Uri.joinPath(dist, "webview.js")).toString(),
      styleUri: view.webview.asWebviewUri(vscode.Uri.joinPath(dist, "webview.css")).toString(),
      nonce: randomBytes(16).toString("hex"),
      language: displayLocale(),
      strings: viewStrings(),
    });
  }

  /** Brings the view to the front with the keyboard in the question's field. */
  async show(): Promise<void> {
    await this.#showAnd({ type: "composerFocused" });
  }

  /** Brings the view to the front and opens or closes the list of conversations. */
  async showHistory(): Promise<void> {
    await this.#showAnd({ type: "historyToggled" });
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #showAnd(message: ToView): Promise<void> {
    const wasReady = this.#isReady;
    // Asked twice before the page is there is asked once; a list that is toggled twice is closed.
    if (!wasReady && !this.#afterReady.some(({ type }) => type === message.type)) {
      this.#afterReady.push(message);
    }
    await vscode.commands.executeCommand(`${CHAT_VIEW_ID}.focus`);
    if (wasReady) this.#post(message);
  }

  #post(message: ToView): void {
    if (!this.#isReady || this.#view === undefined) return;
    void this.#view.webview.postMessage(message);
  }

  async #receive(view: vscode.WebviewView, received: unknown): Promise<void> {
    if (view !== this.#view) return;
    const { services } = this.#options;
    let message: FromView;
    try {
      message = readFromView(received);
    } catch (thrown) {
      services.log.warn(AppError.from(thrown).message);
      return;
    }
    await services.notices.guard(() => this.#handle(message));
  }

  async #handle(message: FromView): Promise<void> {
    const { services, session, lastEditor } = this.#options;
    switch (message.type) {
      case "ready":
        this.#greet();
        return;
      case "ask":
        await session.ask(message.question);
        return;
      case "stop":
        session.stop();
        return;
      case "retry":
        await session.retry(message.turnId);
        return;
      case "copy":
        await this.#withAnswer(message.turnId, (answer) => vscode.env.clipboard.writeText(answer));
        return;
      case "insert":
        await this.#withAnswer(message.turnId, (answer) =>
          insertAnswer(services, lastEditor.current, answer),
        );
        return;
      case "pickPictures":
        session.addPictures(await choosePictures(services, session.recentUris()));
        return;
      case "trySample":
        await vscode.commands.executeCommand("sightline.trySamplePicture" satisfies CommandId);
        return;
      case "addPictures":
        session.addPictures(message.pictures.map(namedPicture));
        return;
      case "addUris":
        await this.#addUris(message.uris);
        return;
      case "selectPicture":
        session.selectPicture(message.pictureId, message);
        return;
      case "removePicture":
        session.removePicture(message.pictureId);
        return;
      case "newConversation":
        session.newConversation();
        return;
      case "openConversation":
        session.openConversation(message.conversationId);
        return;
      case "deleteConversation":
        session.deleteConversation(message.conversationId);
        return;
      case "runAction":
        await services.notices.run(message.actionId);
        return;
      case "openMenu":
        await vscode.commands.executeCommand("sightline.showMenu" satisfies CommandId);
        return;
    }
  }

  #greet(): void {
    const { session } = this.#options;
    this.#isReady = true;
    this.#post({ type: "chatReplaced", chat: session.view() });
    const messages = this.#afterReady;
    this.#afterReady = [];
    for (const message of messages) this.#post(message);
    session.viewed();
  }

  /** An empty answer would empty the clipboard or the selection. */
  async #withAnswer(turnId: string, use: (answer: string) => Thenable<void>): Promise<void> {
    const answer = this.#options.session.turn(turnId)?.answer ?? "";
    if (answer !== "") await use(answer);
  }

  async #addUris(addresses: readonly string[]): Promise<void> {
    const { services, session } = this.#options;
    const uris = addresses.flatMap((address) => parsed(address) ?? []);
    const { pictures, failures } = await readPictures(services, uris);
    session.addPictures(pictures);
    for (const error of failures) session.notify(services.notices.describe(error));
  }
}

function parsed(address: string): vscode.Uri | undefined {
  try {
    return vscode.Uri.parse(address, true);
  } catch {
    return undefined;
  }
}

/** What comes from the clipboard may have no name. */
function namedPicture({ name, bytes }: PictureBytes): { name: string; bytes: Uint8Array } {
  return { name: name.trim() || vscode.l10n.t("Pasted picture"), bytes };
}
