/** Tells whoever pastes pictures into Markdown, once in a window, that they can come with a text. */

import * as vscode from "vscode";
import { urisInList } from "../../host/documents/pastePlan";
import { PASTED_TYPES } from "../../model/ask/pictureNames";
import { isPictureName } from "../../model/ask/pictureNames";
import type { Services } from "../shell/services";

/** How long a paste may take to happen; it may wait for a choice or for a file. In ms. */
const PASTE_MS = 60_000;
/** What any extension inserts for a picture. */
const IMAGE = /!\[[^\]]*\]\(|<img\b/;
/** Set when somebody does not want to be asked again. */
const NEVER_KEY = "sightline.noPasteOffer";

/** Does nothing to the paste itself, which is somebody else's. */
export class PasteOffer implements vscode.Disposable {
  readonly #services: Services;
  #isMade = false;
  #watch: vscode.Disposable | undefined;

  constructor(services: Services) {
    this.#services = services;
  }

  /** Waits until the picture is in the document, and offers the setting then. */
  async pasted(document: vscode.TextDocument, transfer: vscode.DataTransfer): Promise<void> {
    if (this.#isMade || this.#services.context.globalState.get(NEVER_KEY) === true) return;
    if (!(await hasPicture(transfer))) return;
    this.#watch?.dispose();
    const changes = vscode.workspace.onDidChangeTextDocument((event) => {
      const isInserted = event.contentChanges.some(({ text }) => IMAGE.test(text));
      if (event.document !== document || !isInserted || this.#isMade) return;
      this.#watch?.dispose();
      this.#isMade = true;
      void this.#services.notices.guard(() => this.#offer());
    });
    const timer = setTimeout(() => {
      changes.dispose();
    }, PASTE_MS);
    this.#watch = new vscode.Disposable(() => {
      clearTimeout(timer);
      changes.dispose();
    });
  }

  dispose(): void {
    this.#watch?.dispose();
  }

  async #offer(): Promise<void> {
    const turnOn = vscode.l10n.t("Turn On");
    const never = vscode.l10n.t("Don't Ask Again");
    const question = vscode.l10n.t("Sightline can write the alt text of pictures that you paste.");
    const chosen = await vscode.window.showInformationMessage(question, turnOn, never);
    const { settings, context } = this.#services;
    if (chosen === turnOn) await settings.turnOnAltOnPaste();
    if (chosen === never) await context.globalState.update(NEVER_KEY, true);
  }
}

async function hasPicture(transfer: vscode.DataTransfer): Promise<boolean> {
  if (PASTED_TYPES.some((type) => transfer.get(type) !== undefined)) return true;
  const list = (await transfer.get("text/uri-list")?.asString()) ?? "";
  return urisInList(list).some(isPictureName);
}
