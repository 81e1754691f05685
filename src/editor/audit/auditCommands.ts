/** The commands of the audit, and who does them. */

import * as vscode from "vscode";
import type { AuditCommandId } from "../shell/commandIds";
import type { FeatureWith } from "../shell/lazyFeature";
import type { Services } from "../shell/services";
import { AuditTree } from "./auditTree";
import { addToBaseline } from "./baselineFile";
import { DocumentWatch } from "./documentWatch";
import { compareTexts, textIsRight } from "../comparing/textComparison";
import { workspacePictures } from "../indexing/workspacePictures";
import { checkWorkspace } from "./workspaceAudit";
import { workspaceFindings } from "./workspaceFindings";

export function createAudit(services: Services): FeatureWith<AuditCommandId> {
  const tree = new AuditTree(workspaceFindings(services));
  const watch = new DocumentWatch(services);
  return {
    commands: {
      "sightline.addToBaseline": (...args) => addToBaseline(services, args),
      "sightline.checkWorkspace": async () => {
        await tree.show();
        const editors = new EditorUse();
        try {
          await checkWorkspace(services);
        } finally {
          editors.dispose();
        }
        // An empty view had no row that could take the keyboard.
        if (!editors.isUsed) await tree.focusFirst();
      },
      "sightline.compareTexts": async () => {
        await tree.show();
        await compareTexts(services, workspacePictures(services));
      },
      "sightline.textIsRight": (...args) => textIsRight(services, args),
      "sightline.showFindingsByRule": () => tree.group("rule"),
      "sightline.showFindingsByFile": () => tree.group("file"),
    },
    dispose: () => {
      vscode.Disposable.from(tree, watch).dispose();
    },
  };
}

/** Whether somebody went on to work in an editor meanwhile. */
class EditorUse {
  isUsed = false;
  readonly #watching: Pick<vscode.Disposable, "dispose">;

  constructor() {
    const note = (): void => {
      this.isUsed = true;
    };
    this.#watching = vscode.Disposable.from(
      vscode.window.onDidChangeActiveTextEditor(note),
      vscode.window.onDidChangeTextEditorSelection(note),
    );
  }

  dispose(): void {
    this.#watching.dispose();
  }
}
