/** A list of what can be deleted, for people who do not reach the buttons of the list of models. */

import * as vscode from "vscode";
import { sizeText } from "../shell/numbers";
import type { ModelChoice } from "../../host/models/modelChoices";
import type { CatalogEntryReply } from "../../protocol/methods";

/** Says what is deleted: a model, or what has arrived of one. */
export type DeletionWish =
  | { readonly kind: "delete"; readonly choice: ModelChoice }
  | { readonly kind: "discard"; readonly entry: CatalogEntryReply };

/** Everything that can be deleted, models first. */
export function deletionWishes(
  models: readonly ModelChoice[],
  entries: readonly CatalogEntryReply[],
): readonly DeletionWish[] {
  const deletable = models.filter(({ canBeDeleted }) => canBeDeleted);
  const partial = entries.filter(({ partialBytes }) => partialBytes > 0);
  return [
    ...deletable.map((choice) => ({ kind: "delete", choice }) as const),
    ...partial.map((entry) => ({ kind: "discard", entry }) as const),
  ];
}

/** Shows the list; undefined when the person leaves. Deletes nothing. */
export async function pickDeletion(
  wishes: readonly DeletionWish[],
): Promise<DeletionWish | undefined> {
  const items = wishes.map((wish) => ({ ...itemOf(wish), wish }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t("Delete a model or a download"),
    placeHolder: vscode.l10n.t("Choose what is no longer needed"),
    matchOnDescription: true,
  });
  return chosen?.wish;
}

function itemOf(wish: DeletionWish): vscode.QuickPickItem {
  switch (wish.kind) {
    case "delete":
      return { label: wish.choice.title, description: wish.choice.facts.join(" · ") };
    case "discard": {
      const arrived = sizeText(wish.entry.partialBytes);
      return {
        label: wish.entry.title,
        description: vscode.l10n.t("Download: {0} arrived", arrived),
      };
    }
  }
}
