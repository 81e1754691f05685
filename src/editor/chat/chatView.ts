/** The webview in the side bar: carries messages between the page and the chat's session. */

import * as vscode from "vscode";
import { insertAnswer } from "./answerInsert";
import { engineView } from "../engine/engineView";
import type { LastEditor } from "../shell/lastEditor";
import { choosePictures } from "../pictures/picturePicker";
import { readPictures } from "../pictures/readPictures";
import type { CommandId } from "../shell/commandIds";
import { CHAT_VIEW_ID, type Services } from "../shell/services";
import { WebviewPage } from "../shell/webviewPage";
import { chatStrings } from "./chatStrings";
import type { ChatSession } from "../../host/chat/chatSession";
import {
  type FromChat,
  type PictureBytes,
  readFromChat,
  type ToChat,
} from "../../protocol/views/chatMessages";

export interface ChatViewOptions {
  readonly services: Services;
  readonly session: ChatSession;
  readonly lastEditor: LastEditor;
}

/** Shows one session; the page may come and go as often as it likes. */
export class ChatView implements vscode.Disposable {
  readonly #options: ChatViewOptions;
  readonly #subscriptions: vscode.Disposable[];
  #page: WebviewPage<FromChat, ToChat> | undefined;
  /** What the page is told after it has got everything. */
  #afterReady: ToChat[] = [];

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
    this.#page?.leave();
    const frame = {
      webview: view.webview,
      get visible() {
        return view.visible;
      },
      onVisibilityChanged: view.onDidChangeVisibility,
      onDidDispose: view.onDidDispose,
    };
    const page = new WebviewPage<FromChat, ToChat>(frame, {
      services: this.#options.services,
      name: "chat",
      strings: chatStrings(),
      read: readFromChat,
      receive: (message) => this.#handle(message),
      closed: () => {
        if (this.#page === page) this.#page = undefined;
      },
    });
    this.#page = page;
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

  async #showAnd(message: ToChat): Promise<void> {
    const wasReady = this.#page?.isReady === true;
    // Asked twice before the page is there is asked once; a list that is toggled twice is closed.
    if (!wasReady && !this.#afterReady.some(({ type }) => type === message.type)) {
      this.#afterReady.push(message);
    }
    await vscode.commands.executeCommand(`${CHAT_VIEW_ID}.focus`);
    if (wasReady) this.#post(message);
  }

  #post(message: ToChat): void {
    this.#page?.post(message);
  }

  async #handle(message: FromChat): Promise<void> {
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
