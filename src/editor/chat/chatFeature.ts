/** The chat: its session, the view that shows it, and the commands; loaded when it is first wanted. */

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import type { AppError } from "../../base/errors";
import { ChatSession } from "../../host/chat/chatSession";
import { systemClock } from "../../host/process/clock";
import type { DescriptionLength } from "../../alt/write/describer";
import { failureReport } from "../../host/notices/noticeTable";
import type { Picture } from "../../host/pictures/picture";
import { spreadsheetText } from "../../host/chat/spreadsheet";
import type { NoticeView } from "../../protocol/views/chatMessages";
import { showStatus } from "../documents/altDescribing";
import { askCommands, type ChatControls } from "./askCommands";
import type { ChatCommandId } from "../shell/commandIds";
import { ChatView } from "./chatView";
import { engineView } from "../engine/engineView";
import type { LastEditor } from "../shell/lastEditor";
import type { FeatureWith } from "../shell/lazyFeature";
import { pastedFolder } from "./pastedFolder";
import type { Services } from "../shell/services";
import { stepDone } from "../shell/steps";
import { chatTexts } from "./chatStrings";

interface OpenChat {
  readonly session: ChatSession;
  readonly view: ChatView;
}

/** Reads nothing and starts nothing until its view is looked at or a command is run. */
export class ChatFeature implements FeatureWith<ChatCommandId>, ChatControls {
  readonly #services: Services;
  readonly #lastEditor: LastEditor;
  readonly commands: FeatureWith<ChatCommandId>["commands"];
  /** Made when it is first needed. */
  #chat: OpenChat | undefined;
  readonly #contextKeys = new Map<string, boolean>();

  constructor(services: Services, lastEditor: LastEditor) {
    this.#services = services;
    this.#lastEditor = lastEditor;
    this.commands = askCommands(services, this);
  }

  /** Fills a view that the editor made. */
  attach(view: vscode.WebviewView): void {
    this.#opened().view.attach(view);
  }

  async askAbout(pictures: readonly Picture[]): Promise<void> {
    this.#add(pictures);
    await this.#opened().view.show();
  }

  async ask(pictures: readonly Picture[], question: string): Promise<void> {
    await this.askAbout(pictures);
    const { session } = this.#opened();
    void this.#services.notices.guard(() => session.ask(question));
  }

  async describe(pictures: readonly Picture[], length: DescriptionLength): Promise<void> {
    await this.askAbout(pictures);
    const { session } = this.#opened();
    void this.#services.notices.guard(() => session.describe(length));
  }

  async open(): Promise<void> {
    await this.#opened().view.show();
  }

  async showHistory(): Promise<void> {
    await this.#opened().view.showHistory();
  }

  async newConversation(): Promise<void> {
    const { session, view } = this.#opened();
    session.newConversation();
    await view.show();
  }

  /** For a spreadsheet: picture, question, answer. A question that has no answer keeps its line. */
  async copyAllAnswers(): Promise<void> {
    const turns = this.#opened().session.turns();
    const nAnswers = turns.filter(({ answer }) => answer !== "").length;
    if (nAnswers === 0) {
      showStatus(vscode.l10n.t("There is no answer to copy yet."));
      return;
    }
    const rows = turns.map(({ pictureName, question, answer }) => [pictureName, question, answer]);
    await vscode.env.clipboard.writeText(spreadsheetText(rows));
    showStatus(vscode.l10n.t("Answers copied: {0}.", nAnswers));
  }

  stop(): void {
    this.#chat?.session.stop();
  }

  recentUris(): readonly string[] {
    return this.#opened().session.recentUris();
  }

  dispose(): void {
    this.#chat?.view.dispose();
    this.#chat?.session.dispose();
    this.#chat = undefined;
  }

  #add(pictures: readonly Picture[]): void {
    const { engine, log } = this.#services;
    this.#opened().session.addPictures(pictures);
    // The model is loaded while the question is typed; what goes wrong is said when it is asked.
    engine.warmUp().catch((thrown: unknown) => {
      log.debug(`The model was not loaded ahead: ${String(thrown)}`);
    });
  }

  #opened(): OpenChat {
    if (this.#chat !== undefined) return this.#chat;
    const services = this.#services;
    const session = this.#newSession();
    session.onMessage((message) => {
      if (message.type === "turnChanged" && message.turn.state === "done") stepDone("ask");
      this.#updateContext(session);
    });
    this.#updateContext(session);
    const view = new ChatView({ services, session, lastEditor: this.#lastEditor });
    this.#chat = { session, view };
    return this.#chat;
  }

  #newSession(): ChatSession {
    const { context, engine, settings, log, notices, pictures } = this.#services;
    return new ChatSession({
      engine,
      // A workspace that is not trusted starts nothing by itself.
      isPreparingAhead: () => settings.prepareAhead && vscode.workspace.isTrusted,
      source: { read: (uri) => pictures.read(vscode.Uri.parse(uri, true)) },
      memento: context.workspaceState,
      pictureFolder: pastedFolder(context),
      clock: systemClock,
      wallTime: () => Date.now(),
      newId: () => randomUUID(),
      noticeOf: (error) => this.#noticeOf(error),
      engineView: () => engineView(engine.status, notices),
      texts: chatTexts(),
      log,
    });
  }

  #noticeOf(error: AppError): NoticeView {
    this.#services.log.warn(failureReport(error));
    return this.#services.notices.describe(error);
  }

  #updateContext(session: ChatSession): void {
    this.#setContext("sightline.isAnswering", session.isAnswering);
  }

  #setContext(key: string, value: boolean): void {
    if (this.#contextKeys.get(key) === value) return;
    this.#contextKeys.set(key, value);
    void vscode.commands.executeCommand("setContext", key, value);
  }
}
