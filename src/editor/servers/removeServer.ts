/** Forgets a server that was added: its entry in the settings, its token, the consent, and that it was chosen. */

import * as vscode from "vscode";
import { type AnyEndpoint, modelOfServer } from "../../model/ask/remoteEndpoint";
import { DEMO_MODEL } from "../../model/folder/world";
import type { Services } from "../shell/services";
import { deleteToken, entryName, revoke, serversOf } from "./remoteServers";

/** @returns false where the user would rather keep it. @throws what writing the settings fails with. */
export async function removeServer(
  services: Pick<Services, "context" | "engine" | "settings">,
  endpoint: AnyEndpoint,
): Promise<boolean> {
  const { context, engine, settings } = services;
  const { host, origin } = new URL(endpoint.url);
  const remove = vscode.l10n.t("Remove");
  const detail = vscode.l10n.t(
    "Its entry in the settings and its token are deleted, and nothing more is sent to {0}. The server itself is left alone.",
    host,
  );
  const question = vscode.l10n.t("Remove the server {0}?", endpoint.name);
  const chosen = await vscode.window.showWarningMessage(question, { modal: true, detail }, remove);
  if (chosen !== remove) return false;
  const model = modelOfServer(endpoint.name);
  if (settings.model === model) await settings.setModel(DEMO_MODEL);
  if (settings.searchModel === model) await settings.setSearchModel(undefined);
  await settings.setRemoteEndpoints(
    settings.remoteEndpoints.filter((entry) => entryName(entry) !== endpoint.name),
  );
  // Another server of the same origin keeps its token and the consent.
  const isLast = !serversOf(services).some(({ url }) => new URL(url).origin === origin);
  if (isLast) {
    await deleteToken(context, endpoint);
    await revoke(services, endpoint);
    await engine.endRemote();
  }
  return true;
}
