/** The servers as the list of models shows them. */

import * as vscode from "vscode";
import type { RemoteEndpoint } from "../../model/ask/remoteEndpoint";

/** What the user wants with a server. */
export type ServerAction =
  | {
      readonly kind: "chooseServer" | "setServerToken" | "revokeServer";
      readonly endpoint: RemoteEndpoint;
    }
  | { readonly kind: "addServer" };

/** A server, and what is known of it here. */
export interface ServerOffer {
  readonly endpoint: RemoteEndpoint;
  /** What the settings call it as a model. */
  readonly model: string;
  /** This workspace's pictures may be sent there. */
  readonly isAgreed: boolean;
}

interface ServerItem extends vscode.QuickPickItem {
  readonly action?: ServerAction;
  readonly buttonActions?: readonly ServerAction[];
}

/** Under a heading of their own, because what is chosen there leaves the machine. */
export function serverItems(
  servers: readonly ServerOffer[],
  currentModel: string,
): readonly ServerItem[] {
  if (servers.length === 0) return [];
  const separator = vscode.QuickPickItemKind.Separator;
  return [
    { label: vscode.l10n.t("On a server: pictures are sent there"), kind: separator },
    ...servers.map((server) => itemOf(server, server.model === currentModel)),
  ];
}

/** The way to the first one. */
export function addServerItem(): ServerItem {
  return {
    label: vscode.l10n.t("Use a server…"),
    iconPath: new vscode.ThemeIcon("server"),
    alwaysShow: true,
    action: { kind: "addServer" },
  };
}

function itemOf({ endpoint, isAgreed }: ServerOffer, isCurrent: boolean): ServerItem {
  const { host, protocol } = new URL(endpoint.url);
  const words = [
    ...(isCurrent ? [vscode.l10n.t("in use")] : []),
    host,
    endpoint.model,
    ...(protocol === "http:" ? [vscode.l10n.t("this machine")] : []),
  ];
  const token = {
    iconPath: new vscode.ThemeIcon("key"),
    tooltip: vscode.l10n.t("Set the token"),
  };
  const stop = {
    iconPath: new vscode.ThemeIcon("circle-slash"),
    tooltip: vscode.l10n.t("Send no more pictures of this workspace to {0}", host),
  };
  return {
    label: endpoint.name,
    description: words.join(" · "),
    detail: isAgreed
      ? vscode.l10n.t("You agreed to send it pictures of this workspace")
      : vscode.l10n.t("You are asked before the first picture is sent"),
    iconPath: new vscode.ThemeIcon(isCurrent ? "check" : "server"),
    action: { kind: "chooseServer", endpoint },
    buttons: isAgreed ? [token, stop] : [token],
    buttonActions: [
      { kind: "setServerToken", endpoint },
      ...(isAgreed ? [{ kind: "revokeServer", endpoint } as const] : []),
    ],
  };
}
