/** "Share Tools With Other Agents…": the server of tools in this editor, or its entry for another program. */

import path from "node:path";
import * as vscode from "vscode";
import { agentEntries, type ServerCommand } from "../../host/machine/agentEntries";
import type { FeatureWith } from "../shell/lazyFeature";
import type { AgentCommandId } from "../shell/commandIds";
import type { Services } from "../shell/services";

type Given = Pick<Services, "context" | "settings">;

/** The server for this editor's agents, where the user has said so; else none. */
export function serversOf(services: Given): vscode.McpStdioServerDefinition[] {
  const { context, settings } = services;
  if (!settings.agentsMcpServer) return [];
  const { command, args, env } = serverCommand(services);
  const { version } = context.extension.packageJSON as { version: string };
  return [
    new vscode.McpStdioServerDefinition("Sightline", command, [...args], { ...env }, version),
  ];
}

export function createSharing(services: Given): FeatureWith<AgentCommandId> {
  return {
    commands: { "sightline.shareTools": () => share(services) },
    dispose: () => undefined,
  };
}

async function share(services: Given): Promise<void> {
  const { settings } = services;
  const isOn = settings.agentsMcpServer;
  const here = {
    label: isOn
      ? vscode.l10n.t("Stop the server for this editor's agents")
      : vscode.l10n.t("Start the server for this editor's agents"),
    description: "MCP",
    entry: undefined,
  };
  const others = agentEntries(serverCommand(services)).map(({ program, place, text }) => ({
    label: vscode.l10n.t("Copy the entry for {0}", program),
    description: place,
    entry: text,
  }));
  const chosen = await vscode.window.showQuickPick([here, ...others], {
    title: vscode.l10n.t("Share Tools With Other Agents"),
    placeHolder: vscode.l10n.t(
      "Agents look at pictures of this workspace's folders, and nowhere else.",
    ),
  });
  if (chosen === undefined) return;
  if (chosen.entry === undefined) {
    await settings.setAgentsMcpServer(!isOn);
    return;
  }
  await vscode.env.clipboard.writeText(chosen.entry);
  void vscode.window.showInformationMessage(
    vscode.l10n.t("Copied. Paste it into {0}.", chosen.description),
  );
}

/** How another program starts the server of this extension, for the folders that are open. */
function serverCommand({ context, settings }: Given): ServerCommand {
  const folders = (vscode.workspace.workspaceFolders ?? []).flatMap(({ uri }) =>
    uri.scheme === "file" ? ["--root", uri.fsPath] : [],
  );
  const { storageFolder } = settings;
  return {
    // The editor's own program is Electron, which is Node only when it is told to be.
    command: process.execPath,
    args: [
      path.join(context.extensionPath, "dist", "cli.js"),
      "mcp",
      ...folders,
      ...["--model", settings.model, "--device", settings.device],
    ],
    env: {
      ELECTRON_RUN_AS_NODE: "1",
      ...(storageFolder === undefined ? {} : { SIGHTLINE_HOME: storageFolder }),
    },
  };
}
