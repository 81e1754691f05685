/** The question before pictures are fetched from a server; fetches none itself. */

import * as vscode from "vscode";
import type { Settings } from "../shell/settings";

/** In one question; more say nothing more. */
const MAX_SHOWN = 10;
/** A longer address is shown by its server alone. */
const MAX_ADDRESS = 200;

/**
 * Asks whether pictures may be fetched, once for all whose servers are not allowed for good.
 * @returns whether an address may be fetched.
 */
export async function askToFetch(
  settings: Pick<Settings, "remoteHosts" | "allowRemoteHost">,
  urls: readonly URL[],
): Promise<(url: URL) => boolean> {
  const allowed = new Set(settings.remoteHosts);
  const strange = urls.filter(({ host }) => !allowed.has(host));
  const isAgreed = strange.length === 0 || (await isWanted(settings, strange));
  return ({ host }) => isAgreed || allowed.has(host);
}

async function isWanted(
  settings: Pick<Settings, "allowRemoteHost">,
  urls: readonly URL[],
): Promise<boolean> {
  const hosts = [...new Set(urls.map(({ host }) => host))];
  const [host = ""] = hosts;
  const fetch = vscode.l10n.t("Fetch");
  // For several servers at once nobody would read which.
  const always = hosts.length === 1 ? [vscode.l10n.t("Always From {0}", host)] : [];
  const chosen = await vscode.window.showWarningMessage(
    questionOf(urls, hosts),
    { modal: true, detail: detailOf(urls) },
    fetch,
    ...always,
  );
  if (chosen === undefined) return false;
  if (chosen !== fetch) await settings.allowRemoteHost(host);
  return true;
}

function questionOf(urls: readonly URL[], [host = "", ...others]: readonly string[]): string {
  if (urls.length === 1) return vscode.l10n.t("Fetch this picture from {0}?", host);
  return others.length === 0
    ? vscode.l10n.t("Fetch {0} pictures from {1}?", urls.length, host)
    : vscode.l10n.t("Fetch {0} pictures from the network?", urls.length);
}

function detailOf(urls: readonly URL[]): string {
  const list = urls
    .slice(0, MAX_SHOWN)
    .map(({ href, host }) => (href.length > MAX_ADDRESS ? host : href));
  return [...list, "", vscode.l10n.t("The server learns that somebody asked for it.")].join("\n");
}
