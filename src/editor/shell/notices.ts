/** Failures as sentences with buttons; which one gets which is in noticeTable.ts. */

import * as vscode from "vscode";
import { AppError, type ErrorCode } from "../../base/errors";
import type { Logger } from "../../base/logger";
import {
  failureReport,
  isNoticeAction,
  type NoticeAction,
  noticePlan,
  type NoticePlan,
  remedyOf,
} from "../../host/notices/noticeTable";
import { getModelLabel } from "../models/modelLimits";
import { sizeParts } from "./numbers";
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
    return this.#show(thrown);
  }

  /** @param again does once more what failed, where that may help. */
  #show(thrown: unknown, again?: () => Promise<unknown>): Promise<void> {
    const error = errorOf(thrown);
    const plan = noticePlan(error);
    if (plan.kind === "silent") {
      this.#log.debug(failureReport(error));
      return Promise.resolve();
    }
    this.#log[plan.text === "bug" ? "error" : "warn"](failureReport(error));
    const key = `${error.code} ${error.message}`;
    const now = Date.now();
    if (now - (this.#open.get(key) ?? -Infinity) < BURST_MS) return Promise.resolve();
    this.#open.set(key, now);
    const forget = (): void => {
      // The editor replaces an equal message, which is then the one that is open.
      if (this.#open.get(key) === now) this.#open.delete(key);
    };
    void this.#present(error, { again, onAnswered: forget });
    return Promise.resolve();
  }

  /** Without the button that needs the work that failed. */
  describe(error: AppError): Notice {
    const plan = noticePlan(error);
    const ids = plan.actions.filter((id) => id !== "tryAgain");
    return {
      text: sentence(error, plan),
      actions: ids.map((id) => ({ id, label: labelOf(id) })),
    };
  }

  async run(actionId: string): Promise<void> {
    await this.#execute(actionId);
  }

  async guard<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (thrown) {
      await this.#show(thrown, () => this.guard(work));
      return undefined;
    }
  }

  async #present(error: AppError, { again, onAnswered }: Presentation): Promise<void> {
    const { text, actions } = this.describe(error);
    const plan = noticePlan(error);
    const retry =
      again !== undefined && plan.actions.includes("tryAgain") ? againLabel(error) : undefined;
    const labels = [...(retry === undefined ? [] : [retry]), ...actions.map(({ label }) => label)];
    const show =
      plan.kind === "error" ? vscode.window.showErrorMessage : vscode.window.showWarningMessage;
    // Rejected only when the window closes, and then nobody reads it.
    const chosen = await show(text, ...labels).then(undefined, () => undefined);
    // Before the next try: its failure is another one, however soon it comes.
    onAnswered();
    if (chosen !== undefined && chosen === retry) {
      await again?.();
      return;
    }
    const action = actions.find(({ label }) => label === chosen);
    if (action === undefined) return;
    const isMended = (await this.#execute(action.id, error)) === true;
    if (isMended) await again?.();
  }

  /** @returns what the command gives: true when what failed may work now. */
  async #execute(actionId: string, error?: AppError): Promise<unknown> {
    if (!isNoticeAction(actionId) || actionId === "tryAgain") return undefined;
    return await this.guard(() =>
      Promise.resolve(vscode.commands.executeCommand(...commandOf(actionId, error))),
    );
  }
}

interface Presentation {
  /** Does once more what failed. */
  readonly again: (() => Promise<unknown>) | undefined;
  /** Called when the message is gone, before anything that its buttons do. */
  readonly onAnswered: () => void;
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
      const unreachable = unreachableText(error);
      if (unreachable !== undefined) return unreachable;
      const headline = isEnglish() ? undefined : headlineOf(error);
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

/** Whole in the user's language: what the engine found out is in the facts. */
function unreachableText({ code, detail }: AppError): string | undefined {
  const host = detail?.["host"];
  if (code !== "hub.unreachable" || typeof host !== "string") return undefined;
  const question =
    detail?.["why"] === "silent"
      ? vscode.l10n.t("{0} takes the connection and does not answer.", host)
      : vscode.l10n.t("Sightline cannot reach {0}. Are you offline?", host);
  const { arrivedBytes, totalBytes } = detail ?? {};
  if (typeof arrivedBytes !== "number" || typeof totalBytes !== "number") return question;
  return `${question} ${arrivedText(arrivedBytes, totalBytes)}`;
}

function arrivedText(doneBytes: number, totalBytes: number): string {
  if (doneBytes === 0) return vscode.l10n.t("Nothing has arrived yet.");
  const { done, total } = sizeParts({ doneBytes, totalBytes });
  return vscode.l10n.t("{0} of {1} have arrived and are kept.", done, total);
}

/** Whoever has a part goes on. */
function againLabel({ detail }: AppError): string {
  const arrived = detail?.["arrivedBytes"];
  return typeof arrived === "number" && arrived > 0
    ? vscode.l10n.t("Continue")
    : labelOf("tryAgain");
}

function isEnglish(): boolean {
  return vscode.env.language.toLowerCase().startsWith("en");
}

/** What stands before the dot of a code. */
type ErrorArea = ErrorCode extends infer Code
  ? Code extends `${infer Area}.${string}`
    ? Area
    : Code
  : never;

/**
 * The engine and the parsers write English, so that their log can be searched; in another language a
 * sentence of that language comes before. Undefined where the whole message is the editor's own.
 */
function headlineOf(error: AppError): string | undefined {
  // Written by engineSetup.ts.
  if (remedyOf(error) === "package") return undefined;
  switch (error.code.split(".")[0] as ErrorArea) {
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
    case "path":
      return vscode.l10n.t("The picture cannot be used.");
    case "prompt":
      return vscode.l10n.t("The question is too long.");
    case "option":
      return vscode.l10n.t("A setting has a value that cannot be used.");
    case "device":
      return vscode.l10n.t("The chosen device cannot be used.");
    case "remote":
      return vscode.l10n.t("The server did not answer.");
    case "engine":
      return vscode.l10n.t("The engine stopped working. It starts again with the next question.");
    case "document":
      return vscode.l10n.t("That cannot be done in this document.");
    case "index":
      return vscode.l10n.t("The index of pictures could not be written.");
    // Silent or translated.
    case "request":
    case "protocol":
    case "kit":
    case "internal":
      return undefined;
  }
}

function labelOf(action: NoticeAction): string {
  switch (action) {
    case "choosePicture":
      return vscode.l10n.t("Choose Another Picture");
    case "openFile":
      return vscode.l10n.t("Open the File");
    case "revealFile":
      return vscode.l10n.t("Reveal in Explorer");
    case "chooseModel":
      return vscode.l10n.t("Choose Model");
    case "getModel":
      return getModelLabel();
    case "importModel":
      return vscode.l10n.t("Import From a Folder…");
    case "setHubToken":
    case "setServerToken":
      return vscode.l10n.t("Set Token");
    case "useMirror":
      return vscode.l10n.t("Use a Mirror…");
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
    case "openSiteRootsSetting":
      return vscode.l10n.t("Set Site Folders");
    case "openRemoteImagesSetting":
      return vscode.l10n.t("Open Setting");
    case "manageTrust":
      return vscode.l10n.t("Manage Trust");
    case "showPackages":
      return vscode.l10n.t("Show Extension");
    case "saveAs":
      return vscode.l10n.t("Save As…");
    case "tryAgain":
      return vscode.l10n.t("Try Again");
    case "showLog":
      return vscode.l10n.t("Show Log");
  }
}

/** The file that a failure is about. */
function fileOf(error: AppError | undefined): vscode.Uri | undefined {
  const uri = error?.detail?.["uri"];
  return typeof uri === "string" ? vscode.Uri.parse(uri, true) : undefined;
}

function commandOf(
  action: Exclude<NoticeAction, "tryAgain">,
  error?: AppError,
): readonly [command: string, ...args: unknown[]] {
  switch (action) {
    case "choosePicture":
      return ["sightline.addPictures"];
    case "openFile":
      return ["vscode.open", fileOf(error)];
    case "revealFile":
      return ["revealInExplorer", fileOf(error)];
    case "chooseModel":
    case "getModel":
      return ["sightline.manageModels"];
    case "importModel":
      return ["sightline.importModel"];
    case "setHubToken":
      return ["sightline.setHubToken"];
    case "setServerToken":
      return ["sightline.setServerToken"];
    case "useMirror":
      return ["sightline.setHubMirror"];
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
    case "openSiteRootsSetting":
      return ["workbench.action.openSettings", "sightline.alt.siteRoots"];
    case "openRemoteImagesSetting":
      return ["workbench.action.openSettings", "sightline.alt.remoteImages"];
    case "manageTrust":
      return ["workbench.trust.manage"];
    case "showPackages":
      // The extension's page, whose README says which packages there are.
      return ["extension.open", "sightline.sightline"];
    case "saveAs":
      return ["workbench.action.files.saveAs"];
    case "showLog":
      return ["sightline.showLog"];
  }
}
