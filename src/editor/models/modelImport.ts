/** Turning a checkpoint of the user into a model: which, at what price, and the conversion. */

import { CAPABILITIES } from "../../model/ask/capabilities";
import * as vscode from "vscode";
import { withEngineProgress } from "../engine/engineProgress";
import { sizeText } from "../shell/numbers";
import { pickProfile } from "./profilePicker";
import type { Services } from "../shell/services";
import { missingBytes, readProfile } from "../../host/models/modelChoices";
import { PROFILE_NAMES, type ProfileName } from "../../model/ask/kinds";
import type { ImportPlan } from "../../model/ask/models";
import type { CallOptions } from "../../protocol/rpcClient";

/** What is known before the user is asked. */
export interface ImportAction {
  /** Of the checkpoint. */
  readonly folder?: vscode.Uri;
  /** To suggest. @default what the engine suggests */
  readonly profile?: ProfileName;
}

/**
 * Asks for the folder when none is given, and for a large checkpoint which precision, says what the
 * import costs, and converts once the user has agreed. What is cancelled leaves nothing behind.
 * @returns the plan that was carried out; undefined when the user changed their mind.
 * @throws AppError `checkpoint.*`, `convert.failed`, `request.cancelled`, `engine.*`.
 */
export async function importCheckpoint(
  { engine }: Pick<Services, "engine">,
  action: ImportAction,
): Promise<ImportPlan | undefined> {
  const folder = action.folder ?? (await pickFolder());
  if (folder === undefined) return undefined;
  if (folder.scheme !== "file") {
    const text = vscode.l10n.t(
      "Copy the checkpoint to this machine first; its folder must be on a disk.",
    );
    void vscode.window.showWarningMessage(text);
    return undefined;
  }
  const checkpoint = folder.fsPath;
  const plans = await withEngineProgress(
    { title: vscode.l10n.t("Reading the checkpoint…"), place: "notification" },
    (options) => plansOf(checkpoint, engine, options),
  );
  const plan = await choosePlan(plans, action);
  if (plan === undefined) return undefined;
  if (!(await hasRoom(plan)) || !(await isAgreed(plan))) return undefined;
  await withEngineProgress(
    { title: vscode.l10n.t("Importing {0}", plan.name), place: "notification" },
    (options) =>
      engine.call("convert", { checkpoint, out: plan.out, precision: plan.precision }, options),
  );
  return plan;
}

/** The usual plan, and those of the other profiles where there is something to choose. */
interface Plans {
  readonly usual: ImportPlan;
  readonly others: readonly ImportPlan[];
}

async function plansOf(
  checkpoint: string,
  engine: Services["engine"],
  options: CallOptions,
): Promise<Plans> {
  const usual = await engine.call("planImport", { checkpoint }, options);
  // A small checkpoint stays as it is.
  if (readProfile(usual.precision) === undefined) return { usual, others: [] };
  const others: ImportPlan[] = [];
  for (const precision of PROFILE_NAMES.filter((profile) => profile !== usual.precision)) {
    others.push(await engine.call("planImport", { checkpoint, precision }, options));
  }
  return { usual, others };
}

async function choosePlan(
  { usual, others }: Plans,
  action: ImportAction,
): Promise<ImportPlan | undefined> {
  const suggested = action.profile ?? readProfile(usual.precision);
  if (others.length === 0 || suggested === undefined) return usual;
  const plans = [usual, ...others];
  const offers = PROFILE_NAMES.flatMap((profile) => {
    const plan = plans.find(({ precision }) => precision === profile);
    return plan === undefined ? [] : [{ profile, diskBytes: plan.modelBytes }];
  });
  const title = vscode.l10n.t("Import {0}", usual.name);
  const chosen = await pickProfile(title, offers, suggested);
  return plans.find(({ precision }) => precision === chosen);
}

async function pickFolder(): Promise<vscode.Uri | undefined> {
  const folders = await vscode.window.showOpenDialog({
    title: vscode.l10n.t("Choose the folder of a BLIP-2 checkpoint"),
    openLabel: vscode.l10n.t("Import"),
    canSelectFolders: true,
    canSelectFiles: false,
    canSelectMany: false,
  });
  return folders?.[0];
}

/**
 * Says what is missing on the disk, and where the models could be kept instead.
 * @returns true when nothing is.
 */
export async function hasRoom(
  plan: Pick<ImportPlan, "name" | "modelBytes" | "freeBytes">,
): Promise<boolean> {
  const missing = missingBytes(plan);
  if (missing === 0) return true;
  const choose = vscode.l10n.t("Choose Folder");
  const text = vscode.l10n.t(
    "{0} needs {1}, but only {2} are free. Free {3}, or keep the models on another disk.",
    ...[plan.name, plan.modelBytes, plan.freeBytes, missing].map(sizeOrName),
  );
  const chosen = await vscode.window.showErrorMessage(text, choose);
  if (chosen === choose) {
    await vscode.commands.executeCommand(
      "workbench.action.openSettings",
      "sightline.storageFolder",
    );
  }
  return false;
}

function sizeOrName(value: string | number): string {
  return typeof value === "number" ? sizeText(value) : value;
}

async function isAgreed(plan: ImportPlan): Promise<boolean> {
  const go = vscode.l10n.t("Import");
  const chosen = await vscode.window.showInformationMessage(
    vscode.l10n.t("Import {0}?", plan.name),
    { modal: true, detail: detailOf(plan) },
    go,
  );
  return chosen === go;
}

function detailOf(plan: ImportPlan): string {
  const what = purposeOf(plan);
  const model = sizeText(plan.modelBytes);
  return [
    what,
    vscode.l10n.t("The checkpoint ({0}) stays as it is.", sizeText(plan.sourceBytes)),
    vscode.l10n.t("The model takes {0} with {1} weights.", model, plan.precision),
    vscode.l10n.t("{0} are free on the disk.", sizeText(plan.freeBytes)),
  ].join("\n");
}

function purposeOf({ kind, architecture }: ImportPlan): string {
  const { answers, describes } = CAPABILITIES[kind];
  if (answers && describes) {
    return vscode.l10n.t("{0}, answers questions about pictures.", architecture);
  }
  if (answers) {
    return vscode.l10n.t(
      "{0}, answers single questions about pictures. It does not describe them.",
      architecture,
    );
  }
  return describes
    ? vscode.l10n.t("{0}, describes pictures. It cannot answer questions.", architecture)
    : vscode.l10n.t("{0}, compares pictures with texts. It cannot answer questions.", architecture);
}
