/** The command that shows what this machine has for models, as a document that can be copied. */

import path from "node:path";
import * as vscode from "vscode";
import { environmentOf, unsupportedError } from "./engineSetup";
import { withLateProgress } from "./lateProgress";
import type { Feature, Services } from "./services";

export function createDiagnostics({ context, settings }: Services): Feature {
  return {
    commands: {
      "sightline.showDiagnostics": async () => {
        const { readDiagnostics } = await import("../host/diagnostics");
        const childFile = path.join(context.extensionPath, "dist", "child.js");
        const content = await withLateProgress(
          vscode.l10n.t("Looking at this machine…"),
          ({ signal }) =>
            readDiagnostics({
              childFile,
              env: environmentOf(settings),
              signal,
              noEngine: () => unsupportedError(`${process.platform}-${process.arch}`),
            }),
        );
        const document = await vscode.workspace.openTextDocument({ content });
        await vscode.window.showTextDocument(document);
      },
    },
    dispose: () => undefined,
  };
}
