/** The review of alternative texts: its page among the editors, its commands, and what outlives the window. */

import * as vscode from "vscode";
import { undoLastReview, type UndoOutcome } from "../../host/review/applyReview";
import { ReviewSession, type ReviewScope } from "../../host/review/reviewSession";
import {
  type FromReview,
  readFromReview,
  type ToReview,
} from "../../protocol/views/reviewMessages";
import { showStatus } from "../documents/altDescribing";
import { COMMAND_IDS, type ReviewCommandId } from "../shell/commandIds";
import type { FeatureWith } from "../shell/lazyFeature";
import { PagePanel } from "../shell/pagePanel";
import { REVIEW_VIEW_TYPE, type Services } from "../shell/services";
import { stepDone } from "../shell/steps";
import { ReviewGatherer } from "./reviewGather";
import { reviewPorts, sessionPorts } from "./reviewPorts";
import { chooseScope, givenScope, scopeOf } from "./reviewScope";
import { reviewStrings } from "./reviewStrings";

/** Which review was open when the window closed. */
const OPEN_KEY = "sightline.openReview";

export class ReviewFeature implements FeatureWith<ReviewCommandId> {
  readonly #services: Services;
  readonly #panel: PagePanel<FromReview, ToReview>;
  #session: ReviewSession | undefined;
  #stop: () => void = () => undefined;
  readonly commands: FeatureWith<ReviewCommandId>["commands"];

  constructor(services: Services) {
    this.#services = services;
    this.#panel = new PagePanel<FromReview, ToReview>({
      services,
      name: "review",
      viewType: REVIEW_VIEW_TYPE,
      title: vscode.l10n.t("Review Alt Texts"),
      strings: reviewStrings(),
      read: readFromReview,
      receive: (message) => this.#receive(message),
      closed: () => {
        void services.context.workspaceState.update(OPEN_KEY, undefined);
        this.#end();
      },
    });
    this.commands = {
      "sightline.reviewAltTexts": (...args) => this.#open(args),
      "sightline.undoLastReview": () => this.#undoLast(),
    };
  }

  /** Fills a panel that the editor kept from before. */
  adopt(panel: vscode.WebviewPanel): void {
    const scope = givenScope(this.#services.context.workspaceState.get<unknown>(OPEN_KEY));
    if (scope === undefined) {
      panel.dispose();
      return;
    }
    this.#panel.adopt(panel);
    this.#begin(scope);
  }

  dispose(): void {
    this.#panel.dispose();
    this.#end();
  }

  async #open(args: readonly unknown[]): Promise<void> {
    const scope = scopeOf(args) ?? (await chooseScope());
    if (scope === undefined) return;
    this.#panel.show();
    this.#begin(scope);
  }

  #begin(scope: ReviewScope): void {
    this.#end();
    const { context, engine, notices } = this.#services;
    const session = new ReviewSession(
      scope,
      sessionPorts(this.#services, new ReviewGatherer(this.#services)),
    );
    this.#session = session;
    const stopListening = session.onMessage((message) => {
      if (message.type === "applied" && message.outcome.nWritten > 0) stepDone("alt");
      this.#panel.post(message);
    });
    let { model } = engine.status;
    const stopWatching = engine.onStatusChanged((status) => {
      if (status.model === model) return;
      model = status.model;
      session.modelChanged();
    });
    this.#stop = () => {
      stopListening();
      stopWatching();
    };
    void context.workspaceState.update(OPEN_KEY, scope);
    void notices.guard(() => session.load());
  }

  #end(): void {
    this.#stop();
    this.#session?.dispose();
    this.#session = undefined;
  }

  async #receive(message: FromReview): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    switch (message.type) {
      case "ready":
        session.tellAll();
        return;
      case "open":
        await this.#show(session, message.id);
        return;
      case "runAction": {
        const command = COMMAND_IDS.find((id) => id === message.actionId);
        if (command !== undefined) await vscode.commands.executeCommand(command);
        return;
      }
      default:
        await session.handle(message);
    }
  }

  /** Beside the page, so that both are seen. */
  async #show(session: ReviewSession, id: string): Promise<void> {
    const item = session.item(id);
    if (item === undefined) return;
    const start = new vscode.Position(item.view.line - 1, 0);
    await vscode.window.showTextDocument(vscode.Uri.parse(item.uri, true), {
      selection: new vscode.Range(start, start),
      viewColumn: vscode.ViewColumn.Beside,
    });
  }

  async #undoLast(): Promise<void> {
    const outcome =
      this.#session === undefined
        ? await undoLastReview(reviewPorts(this.#services))
        : await this.#session.undoApplied();
    if (outcome === undefined) showStatus(vscode.l10n.t("There is no review to take back."));
    else await tellUndone(outcome);
  }
}

async function tellUndone({ uris, failures }: UndoOutcome): Promise<void> {
  const text = vscode.l10n.t("The last review was taken back. Files: {0}.", uris.length);
  if (failures.length === 0) showStatus(text);
  else await vscode.window.showWarningMessage([text, ...failures].join(" "));
}
