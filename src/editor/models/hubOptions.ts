/** The user's way to the hub: the token of an account, and a mirror. */

import * as vscode from "vscode";
import type { Services } from "../shell/services";

/** Where the engine looks when no endpoint is set. */
export const USUAL_HUB = "huggingface.co";

/** Where the editor keeps the token. */
const TOKEN_KEY = "hubToken";

/** Asks for the token of the user's account; an empty one forgets it. */
export async function setHubToken({ secrets }: Services["context"]): Promise<void> {
  const token = await vscode.window.showInputBox({
    title: vscode.l10n.t("Hugging Face token"),
    prompt: vscode.l10n.t(
      "It is kept in the system's secret storage and sent only to the endpoint of the settings. Leave it empty to forget it.",
    ),
    password: true,
    ignoreFocusOut: true,
  });
  if (token === undefined) return;
  if (token.trim() === "") await secrets.delete(TOKEN_KEY);
  else await secrets.store(TOKEN_KEY, token.trim());
}

/** Whether a token is kept, and nothing more of it. */
export async function hubTokenState({
  secrets,
}: Pick<Services["context"], "secrets">): Promise<"kept" | "none"> {
  return (await secrets.get(TOKEN_KEY)) === undefined ? "none" : "kept";
}

/** The way with the token that is kept. */
export async function hubWithToken({
  settings,
  context,
}: Pick<Services, "settings" | "context">): Promise<
  Services["settings"]["hub"] & { readonly token?: string }
> {
  const token = await context.secrets.get(TOKEN_KEY);
  return token === undefined ? settings.hub : { ...settings.hub, token };
}

/**
 * Asks for the address of a mirror; an empty one goes back to the hub itself.
 * @returns true when the setting has what the user wants, so that what failed can be tried again.
 */
export async function setHubMirror({ settings }: Pick<Services, "settings">): Promise<boolean> {
  const address = await vscode.window.showInputBox({
    title: vscode.l10n.t("Mirror of Hugging Face"),
    prompt: vscode.l10n.t(
      "Models are downloaded from this address. Leave it empty for {0} itself.",
      USUAL_HUB,
    ),
    placeHolder: "https://hub.example.org",
    value: settings.hub.endpoint ?? "",
    ignoreFocusOut: true,
    validateInput: (text) =>
      isMirror(text.trim())
        ? undefined
        : vscode.l10n.t("Write an address that begins with https://, or leave it empty."),
  });
  if (address === undefined || !isMirror(address.trim())) return false;
  await settings.setHubEndpoint(address.trim());
  return true;
}

/** Encrypted, unless it is on this machine; empty for the hub itself. */
export function isMirror(text: string): boolean {
  if (text === "") return true;
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  const isHere = hostname === "localhost" || hostname === "[::1]" || /^127\./.test(hostname);
  return hostname !== "" && (protocol === "https:" || (protocol === "http:" && isHere));
}
