/** Changes which model answers, and which one finds pictures. */

import * as vscode from "vscode";
import { DEVICE_NAMES } from "../../host/service/deviceNames";
import { modelTitle } from "../../host/models/modelTitle";
import { withEngineProgress } from "../engine/engineProgress";
import type { Services } from "../shell/services";

/** Long enough to read, in ms. */
const NOTE_MS = 5000;

/** Switches and loads; a switch that does not work out changes nothing. @throws AppError as the engine's. */
export async function useModel(
  services: Pick<Services, "engine" | "settings">,
  name: string,
): Promise<void> {
  const { engine, settings } = services;
  const before = settings.model;
  if (name !== before) await settings.setModel(name);
  const title = vscode.l10n.t("Loading {0}…", modelTitle(name));
  try {
    await withEngineProgress({ title, place: "notification" }, (options) => engine.warmUp(options));
  } catch (error) {
    if (name !== before && settings.model === name) await settings.setModel(before);
    throw error;
  }
  reportReady(services);
}

export function reportReady({ engine }: Pick<Services, "engine">): void {
  const { model, device, server } = engine.status;
  const place = server ?? (device && DEVICE_NAMES[device]);
  const text =
    place === undefined
      ? vscode.l10n.t("Sightline answers with {0}.", modelTitle(model))
      : vscode.l10n.t("Sightline answers with {0} on {1}.", modelTitle(model), place);
  vscode.window.setStatusBarMessage(text, NOTE_MS);
}

/** Pictures are found with this model from now on; which one answers stays. */
export async function findWith(
  { settings }: Pick<Services, "settings">,
  name: string,
): Promise<void> {
  await settings.setSearchModel(name);
  const text = vscode.l10n.t(
    "Sightline finds pictures with {0}. It compares them with texts and cannot answer questions.",
    modelTitle(name),
  );
  void vscode.window.showInformationMessage(text);
}
