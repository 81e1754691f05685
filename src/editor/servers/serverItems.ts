/** The servers as the list of models shows them. */

import * as vscode from "vscode";
import type { AnyEndpoint } from "../../model/ask/remoteEndpoint";

/** What the user wants with a server. */
export type ServerAction =
  | {
      readonly kind: "chooseServer" | "setServerToken" | "revokeServer" | "removeServer";
      readonly endpoint: AnyEndpoint;
    }
  | { readonly kind: "addServer" };

/** A server, and what is known of it here. */
export interface ServerOffer {
  readonly endpoint: AnyEndpoint;
  /** It answers, or finds pictures, in the place of this machine. */
  readonly isInUse: boolean;
  /** This workspace's pictures may be sent there. */
  readonly isAgreed: boolean;
}

interface ServerItem extends vscode.QuickPickItem {
  readonly action?: ServerAction;
  readonly buttonActions?: readonly ServerAction[];
}

/** Under a heading of their own, because what is chosen there leaves the machine. */
export function serverItems(servers: readonly ServerOffer[]): readonly ServerItem[] {
  if (servers.length === 0) return [];
  const separator = vscode.QuickPickItemKind.Separator;
  return [
    { label: vscode.l10n.t("On a server: pictures are sent there"), kind: separator },
    ...servers.map(itemOf),
  ];
}

/** The way to another one. */
export function addServerItem(): ServerItem {
  return {
    label: vscode.l10n.t("Add a Remote Engine…"),
    iconPath: new vscode.ThemeIcon("server"),
    alwaysShow: true,
    action: { kind: "addServer" },
  };
}

function itemOf({ endpoint, isAgreed, isInUse }: ServerOffer): ServerItem {
  const { host, protocol } = new URL(endpoint.url);
  const words = [
    ...(isInUse ? [vscode.l10n.t("in use")] : []),
    host,
    endpoint.model,
    ...(endpoint.dialect === "kserve" ? [vscode.l10n.t("finds pictures")] : []),
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
  const remove = {
    iconPath: new vscode.ThemeIcon("trash"),
    tooltip: vscode.l10n.t("Remove the server"),
  };
  return {
    label: endpoint.name,
    description: words.join(" · "),
    detail: isAgreed
      ? vscode.l10n.t("You agreed to send it pictures of this workspace")
      : vscode.l10n.t("You are asked before the first picture is sent"),
    iconPath: new vscode.ThemeIcon(isInUse ? "check" : "server"),
    action: { kind: "chooseServer", endpoint },
    buttons: isAgreed ? [token, stop, remove] : [token, remove],
    buttonActions: [
      { kind: "setServerToken", endpoint },
      ...(isAgreed ? [{ kind: "revokeServer", endpoint } as const] : []),
      { kind: "removeServer", endpoint },
    ],
  };
}
