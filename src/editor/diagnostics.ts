/** The command that shows what this machine has for models, as a document that can be copied. */

import path from "node:path";
import * as vscode from "vscode";
import type { AppError } from "../base/errors";
import { environmentOf, unsupportedError } from "./engineSetup";
import { withLateProgress } from "./lateProgress";
import { hubTokenState } from "./hubWay";
import type { FeatureWith } from "./lateFeature";
import type { DiagnosticsCommandId } from "./machineCommands";
import type { Services } from "./services";

/** What a report tells of the way to the hub, where the settings decide and not the environment. */
function hubEnvironment(
  { endpoint, proxy }: Services["settings"]["hub"],
  token: "kept" | "none",
): Readonly<Record<string, string>> {
  return {
    ...(endpoint === undefined ? {} : { HF_ENDPOINT: endpoint }),
    ...(proxy === undefined ? {} : { HTTPS_PROXY: proxy }),
    // Whether there is one; the token itself stays where it is.
    SIGHTLINE_HUB_TOKEN: token,
  };
}

/** The command; it starts nothing before it runs. */
export function createDiagnostics({
  context,
  settings,
}: Services): FeatureWith<DiagnosticsCommandId> {
  return {
    commands: {
      "sightline.showDiagnostics": async () => {
        const { readDiagnostics } = await import("../host/diagnostics");
        const childFile = path.join(context.extensionPath, "dist", "child.js");
        const content = await withLateProgress(
          vscode.l10n.t("Looking at this machine…"),
          async ({ signal }) => {
            const hub = hubEnvironment(settings.hub, await hubTokenState(context));
            const env = { ...environmentOf(settings), ...hub };
            const noEngine = (): AppError =>
              unsupportedError(`${process.platform}-${process.arch}`);
            return await readDiagnostics({ childFile, env, signal, noEngine });
          },
        );
        const document = await vscode.workspace.openTextDocument({ content });
        await vscode.window.showTextDocument(document);
      },
    },
    dispose: () => undefined,
  };
}
