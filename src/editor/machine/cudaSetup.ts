/** Getting ONNX Runtime's CUDA libraries: what there is, what it costs, the user's consent, the download. */

import * as vscode from "vscode";
import { optional } from "../../base/optional";
import { withEngineProgress } from "../engine/engineProgress";
import type { FeatureWith } from "../shell/lazyFeature";
import type { CudaCommandId } from "../shell/commandIds";
import { hasRoom } from "../models/modelImport";
import { sizeText } from "../shell/numbers";
import type { Services } from "../shell/services";
import type { CudaPlan } from "../../model/ask/models";
import type { Result } from "../../protocol/methods";

/** The command; it asks nothing of the engine before it runs. */
export function createCudaSetup(
  services: Pick<Services, "engine" | "settings">,
): FeatureWith<CudaCommandId> {
  return {
    commands: { "sightline.setUpCuda": () => setUp(services) },
    dispose: () => undefined,
  };
}

/** @throws AppError `device.unavailable` on other machines than Linux x64, and as the installation. */
async function setUp(services: Pick<Services, "engine" | "settings">): Promise<void> {
  const { engine } = services;
  const status = await engine.call("cudaStatus", {});
  if (status.providerFolder === undefined && !(await install(services))) return;
  const now = status.providerFolder === undefined ? await engine.call("cudaStatus", {}) : status;
  await showStatus(now, services);
}

/** @returns false when the user changed their mind. */
async function install({
  engine,
  settings,
}: Pick<Services, "engine" | "settings">): Promise<boolean> {
  const { proxy, noProxy } = settings.hub;
  const way = {
    ...optional({ proxy, noProxy }),
  };
  const { plan } = await withEngineProgress(
    { title: vscode.l10n.t("Looking for ONNX Runtime's CUDA libraries…"), place: "notification" },
    (options) => engine.call("planCuda", way, options),
  );
  if (plan === undefined) return true;
  const { neededBytes, freeBytes, source, downloadBytes } = plan;
  if (!(await hasRoom({ name: "CUDA", modelBytes: neededBytes, freeBytes }))) return false;
  if (!(await isAgreed(plan))) return false;
  await withEngineProgress(
    { title: vscode.l10n.t("Installing ONNX Runtime's CUDA libraries"), place: "notification" },
    (options) => engine.call("installCuda", { ...way, agreed: { source, downloadBytes } }, options),
  );
  return true;
}

async function isAgreed(plan: CudaPlan): Promise<boolean> {
  const go = vscode.l10n.t("Install");
  const chosen = await vscode.window.showInformationMessage(
    vscode.l10n.t("Install ONNX Runtime's CUDA libraries?"),
    { modal: true, detail: detailOf(plan) },
    go,
  );
  return chosen === go;
}

function detailOf({ source, downloadBytes, neededBytes, freeBytes, folder }: CudaPlan): string {
  return [
    downloadBytes === 0
      ? vscode.l10n.t("They are copied from {0}; nothing is downloaded.", source)
      : vscode.l10n.t("{0} are downloaded from {1}.", sizeText(downloadBytes), source),
    vscode.l10n.t("They are kept in {0}.", folder),
    vscode.l10n.t(
      "Up to {0} are needed while they are installed; {1} are free on the disk.",
      sizeText(neededBytes),
      sizeText(freeBytes),
    ),
    vscode.l10n.t("NVIDIA's own libraries (CUDA, cuDNN) are not part of it."),
  ].join("\n");
}

/** Says what is there and what is missing, with what helps. */
async function showStatus(
  { problem, missing }: Result<"cudaStatus">,
  { engine }: Pick<Services, "engine">,
): Promise<void> {
  const choose = vscode.l10n.t("Choose Device");
  const name = vscode.l10n.t("Name Their Folder");
  const remove = vscode.l10n.t("Remove");
  const isReady = problem === undefined && missing === undefined;
  const text =
    problem ??
    (missing === undefined
      ? vscode.l10n.t('ONNX Runtime\'s CUDA libraries are installed. Choose the device "cuda".')
      : vscode.l10n.t(
          "ONNX Runtime's CUDA libraries are installed, but NVIDIA's are not found: {0}. Install them, or name their folder in the settings.",
          missing,
        ));
  const chosen = await (isReady
    ? vscode.window.showInformationMessage(text, choose, remove)
    : vscode.window.showWarningMessage(text, name, remove));
  if (chosen === choose) await openSetting("sightline.device");
  if (chosen === name) await openSetting("sightline.cuda.libraryFolder");
  if (chosen === remove) {
    const { freedBytes } = await engine.call("removeCuda", {});
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        "ONNX Runtime's CUDA libraries are removed; {0} are free again.",
        sizeText(freedBytes),
      ),
    );
  }
}

async function openSetting(key: string): Promise<void> {
  await vscode.commands.executeCommand("workbench.action.openSettings", key);
}
