/** Deletes everything that Sightline keeps on the disk, for people who leave; asks before. */

import * as vscode from "vscode";
import { membersOf } from "../../model/ask/modelSets";
import { DEMO_MODEL } from "../../model/folder/world";
import { usesStore } from "../../roll/engineRoll";
import { withEngineProgress } from "../engine/engineProgress";
import { sentenceOf } from "../engine/otherEngines";
import { sizeText } from "../shell/numbers";
import type { Services } from "../shell/services";
import type { Result } from "../../protocol/methods";

/**
 * Looks, asks and deletes. Nothing is deleted while another window or a command line has an engine.
 * @throws AppError `model.busy` while this window's engine or a download is at work.
 */
export async function removeEverything(
  services: Pick<Services, "engine" | "settings">,
): Promise<void> {
  const { engine, settings } = services;
  const [contents, { models }] = await Promise.all([
    engine.call("storeContents", {}),
    engine.call("models", {}),
  ]);
  if (!(await isAlone(services, contents)) || !(await isAgreed(contents))) return;
  // Meanwhile somebody may have asked elsewhere.
  if (!(await isAlone(services, contents))) return;
  const title = vscode.l10n.t("Removing all models and caches…");
  const reply = await withEngineProgress({ title, place: "statusBar" }, () =>
    engine.call("emptyStore", {}),
  );
  const isGone = models.some(({ name }) => membersOf(settings.model).includes(name));
  if (isGone && settings.model !== DEMO_MODEL) await settings.setModel(DEMO_MODEL);
  await reportRemoval(reply);
}

/** Says who else uses what would be deleted. */
async function isAlone(
  { engine }: Pick<Services, "engine">,
  { folder }: Result<"storeContents">,
): Promise<boolean> {
  const found = await engine.otherEngines();
  const uses = await Promise.all(found.map((other) => usesStore(other, folder)));
  const others = found.filter((_other, index) => uses[index]);
  if (others.length === 0) return true;
  const text = vscode.l10n.t(
    "Nothing is removed while others use the models. Close those windows or wait for those commands, and try again.",
  );
  void vscode.window.showWarningMessage([...others.map(sentenceOf), text].join(" "));
  return false;
}

async function isAgreed(contents: Result<"storeContents">): Promise<boolean> {
  const { folder, foreign } = contents;
  const sizes = sizesOf(contents);
  if (sizes.length === 0) {
    const text = vscode.l10n.t("There is nothing to remove: {0} holds no models.", folder);
    void vscode.window.showInformationMessage(text);
    return false;
  }
  const remove = vscode.l10n.t("Remove All");
  const detail = [
    `${folder}: ${sizes.join(", ")}.`,
    ...(foreign.length === 0
      ? []
      : [vscode.l10n.t("Left alone, because Sightline did not put it there: {0}", list(foreign))]),
    vscode.l10n.t("Models have to be downloaded or imported again. The demo comes back by itself."),
  ];
  const chosen = await vscode.window.showWarningMessage(
    vscode.l10n.t("Remove all models and caches of Sightline?"),
    { modal: true, detail: detail.join("\n") },
    remove,
  );
  return chosen === remove;
}

/** Of what there is. */
function sizesOf(contents: Result<"storeContents">): readonly string[] {
  const { modelBytes, downloadBytes, cudaBytes, cacheBytes } = contents;
  return [
    modelBytes > 0 ? vscode.l10n.t("models {0}", sizeText(modelBytes)) : "",
    downloadBytes > 0 ? vscode.l10n.t("downloads {0}", sizeText(downloadBytes)) : "",
    cudaBytes > 0 ? vscode.l10n.t("CUDA libraries {0}", sizeText(cudaBytes)) : "",
    cacheBytes > 0 ? vscode.l10n.t("caches {0}", sizeText(cacheBytes)) : "",
  ].filter((size) => size !== "");
}

async function reportRemoval({ freedBytes, left }: Result<"emptyStore">): Promise<void> {
  const text = vscode.l10n.t(
    "All models and caches are removed; {0} are free again.",
    sizeText(freedBytes),
  );
  const kept = left.length === 0 ? [] : [vscode.l10n.t("Left alone: {0}", list(left))];
  await vscode.window.showInformationMessage([text, ...kept].join(" "));
}

/** As many paths as a message has room for. */
function list(paths: readonly string[]): string {
  const shown = paths.slice(0, MAX_PATHS);
  const more = paths.length - shown.length;
  return more === 0 ? shown.join(", ") : vscode.l10n.t("{0} and {1} more", shown.join(", "), more);
}

const MAX_PATHS = 5;
