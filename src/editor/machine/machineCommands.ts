/** The report on this machine, for the start of the editor; what makes it is loaded with the first command. */

import * as vscode from "vscode";
import { lazyFeature } from "../shell/lazyFeature";
import { DIAGNOSTICS_COMMANDS } from "../shell/commandIds";
import { DIAGNOSTICS_SCHEME, type Feature, type Services } from "../shell/services";

/** Starts no process before a command runs, or before the editor brings a report back after a reload. */
export function createMachineCommands(services: Services): Feature {
  const changes = new vscode.EventEmitter<vscode.Uri>();
  const late = lazyFeature(DIAGNOSTICS_COMMANDS, async () => {
    const { createDiagnostics } = await import("../shell/lazyParts");
    return createDiagnostics(services, (document) => {
      changes.fire(document);
    });
  });
  const provider = vscode.workspace.registerTextDocumentContentProvider(DIAGNOSTICS_SCHEME, {
    onDidChange: changes.event,
    provideTextDocumentContent: async () => await (await late.feature()).content(),
  });
  return {
    commands: late.commands,
    dispose: () => {
      provider.dispose();
      changes.dispose();
      late.dispose();
    },
  };
}
