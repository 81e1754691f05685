/** Failures as sentences with buttons; which one gets which is in noticeTable.ts. */

import * as vscode from "vscode";
import { AppError, type ErrorCode } from "../base/errors";
import type { Logger } from "../base/logger";
import {
  failureReport,
  isNoticeAction,
  type NoticeAction,
  noticePlan,
  type NoticePlan,
} from "../host/noticeTable";
import type { Notice, Notices } from "./services";

/** A burst of the same failure is one failure, in ms. */
const BURST_MS = 3000;

/** The notices of all features. */
export class EditorNotices implements Notices {
  readonly #log: Logger;
  /** When each failure that is still on the screen was shown, by its code and message. */
  readonly #open = new Map<string, number>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Settles when the message is on the screen; its buttons work later by themselves. */
  show(thrown: unknown): Promise<void> {
    const error = errorOf(thrown);
    const plan = noticePlan(error.code, error.detail);
    if (plan.kind === "silent") {
      this.#log.debug(failureReport(error));
      return Promise.resolve();
    }
    this.#log[plan.text === "bug" ? "error" : "warn"](failureReport(error));
    const key = `${error.code} ${error.message}`;
    const now = Date.now();
    if (now - (this.#open.get(key) ?? -Infinity) < BURST_MS) return Promise.resolve();
    this.#open.set(key, now);
    void this.#present(error, plan).finally(() => {
      // The editor replaces an equal message, which is then the one that is open.
      if (this.#open.get(key) === now) this.#open.delete(key);
    });
    return Promise.resolve();
  }

  describe(error: AppError): Notice {
    const plan = noticePlan(error.code, error.detail);
    return {
      text: sentence(error, plan),
      actions: plan.actions.map((id) => ({ id, label: labelOf(id) })),
    };
  }

  async run(actionId: string): Promise<void> {
    if (!isNoticeAction(actionId)) return;
    await this.guard(async () => {
      await vscode.commands.executeCommand(...commandOf(actionId));
    });
  }

  async guard<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (thrown) {
      await this.show(thrown);
      return undefined;
    }
  }

  async #present(error: AppError, plan: NoticePlan): Promise<void> {
    const { text, actions } = this.describe(error);
    const labels = actions.map(({ label }) => label);
    const show =
      plan.kind === "error" ? vscode.window.showErrorMessage : vscode.window.showWarningMessage;
    // Rejected only when the window closes, and then nobody reads it.
    const chosen = await show(text, ...labels).then(undefined, () => undefined);
    const action = actions.find(({ label }) => label === chosen);
    if (action !== undefined) await this.run(action.id);
  }
}

/** The editor has a cancellation of its own. */
function errorOf(thrown: unknown): AppError {
  if (thrown instanceof vscode.CancellationError) {
    return new AppError("request.cancelled", "The request was cancelled.", { cause: thrown });
  }
  return AppError.from(thrown);
}

function sentence(error: AppError, plan: NoticePlan): string {
  switch (plan.text) {
    case "message": {
      const headline = isEnglish() ? undefined : headlineOf(error.code);
      return headline === undefined ? error.message : `${headline} ${error.message}`;
    }
    case "mismatch":
      return vscode.l10n.t(
        "Sightline's engine does not belong to this version. Reload the window; if that does not help, install Sightline again.",
      );
    case "bug":
      return vscode.l10n.t("Something went wrong inside Sightline. The log says what.");
  }
}

function isEnglish(): boolean {
  return vscode.env.language.toLowerCase().startsWith("en");
}

/**
 * The engine writes English, so that its log can be searched; in another language a sentence of that
 * language comes before. What is wrong with a document is said by the editor's side, in words of it.
 */
function headlineOf(code: ErrorCode): string | undefined {
  const [area] = code.split(".");
  switch (area) {
    case "checkpoint":
      return vscode.l10n.t("The checkpoint cannot be imported.");
    case "convert":
      return vscode.l10n.t("The model could not be written.");
    case "hub":
    case "download":
      return vscode.l10n.t("The model could not be downloaded.");
    case "model":
      return vscode.l10n.t("The model cannot be used.");
    case "image":
      return vscode.l10n.t("The picture cannot be used.");
    case "prompt":
      return vscode.l10n.t("The question is too long.");
    case "option":
      return vscode.l10n.t("A setting has a value that cannot be used.");
    case "device":
      return vscode.l10n.t("The chosen device cannot be used.");
    case "engine":
      return vscode.l10n.t("The engine stopped working. It starts again with the next question.");
    default:
      return undefined;
  }
}

function labelOf(action: NoticeAction): string {
  switch (action) {
    case "choosePicture":
      return vscode.l10n.t("Choose Another Picture");
    case "chooseModel":
      return vscode.l10n.t("Choose Model");
    case "importModel":
      return vscode.l10n.t("Import Checkpoint");
    case "setHubToken":
      return vscode.l10n.t("Set Token");
    case "restartEngine":
      return vscode.l10n.t("Restart Engine");
    case "reloadWindow":
      return vscode.l10n.t("Reload Window");
    case "openDeviceSetting":
      return vscode.l10n.t("Choose Device");
    case "setUpCuda":
      return vscode.l10n.t("Set Up CUDA");
    case "openFolderSetting":
      return vscode.l10n.t("Choose Folder");
    case "showLog":
      return vscode.l10n.t("Show Log");
  }
}

function commandOf(action: NoticeAction): readonly [command: string, ...args: string[]] {
  switch (action) {
    case "choosePicture":
      return ["sightline.addPictures"];
    case "chooseModel":
      return ["sightline.manageModels"];
    case "importModel":
      return ["sightline.importModel"];
    case "setHubToken":
      return ["sightline.setHubToken"];
    case "restartEngine":
      return ["sightline.restartEngine"];
    case "reloadWindow":
      return ["workbench.action.reloadWindow"];
    case "openDeviceSetting":
      return ["workbench.action.openSettings", "sightline.device"];
    case "setUpCuda":
      return ["sightline.setUpCuda"];
    case "openFolderSetting":
      return ["workbench.action.openSettings", "sightline.storageFolder"];
    case "showLog":
      return ["sightline.showLog"];
  }
}
