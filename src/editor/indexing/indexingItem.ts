/** How far the look at the window's pictures is, in the status bar: one for all searches, and a click stops it. */

import * as vscode from "vscode";
import type { IndexingState } from "../../host/search/pictureIndexing";
import type { CommandId } from "../shell/commandIds";
import { timeLeftText } from "../engine/durations";

const STOP_OR_GO_ON: CommandId = "sightline.stopOrGoOnIndexing";
/** Left of the engine's own item. */
const PRIORITY = 1;

export class IndexingItem implements vscode.Disposable {
  #item: vscode.StatusBarItem | undefined;

  show(state: IndexingState): void {
    if (state.kind === "idle") {
      this.dispose();
      return;
    }
    const { nDone, nAll, secondsLeft } = state.progress;
    const item = (this.#item ??= newItem());
    const isStopped = state.kind === "stopped";
    const counts = vscode.l10n.t("Pictures {0}/{1}", nDone, nAll);
    item.text = `$(${isStopped ? "debug-pause" : "search"}) ${counts}`;
    const far = isStopped
      ? vscode.l10n.t("Stopped after {0} of {1} pictures. Click to go on.", nDone, nAll)
      : vscode.l10n.t("{0} of {1} pictures can be found. Click to stop.", nDone, nAll);
    const left = isStopped || secondsLeft === undefined ? "" : ` (${timeLeftText(secondsLeft)})`;
    item.tooltip = `${far}${left}`;
    item.accessibilityInformation = { label: `Sightline: ${far}${left}`, role: "button" };
  }

  dispose(): void {
    this.#item?.dispose();
    this.#item = undefined;
  }
}

function newItem(): vscode.StatusBarItem {
  const alignment = vscode.StatusBarAlignment.Right;
  const item = vscode.window.createStatusBarItem("sightline.pictures", alignment, PRIORITY);
  item.name = vscode.l10n.t("Sightline: Pictures");
  item.command = STOP_OR_GO_ON;
  item.show();
  return item;
}
