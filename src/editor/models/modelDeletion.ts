/** A list of what can be deleted, for people who do not reach the buttons of the list of models. */

import * as vscode from "vscode";
import { sizeText } from "../shell/numbers";
import type { AnyEndpoint } from "../../model/ask/remoteEndpoint";
import type { ModelChoice } from "../../host/models/modelChoices";
import type { CatalogEntryReply } from "../../protocol/methods";

/** Says what is deleted: a model, or what has arrived of one. */
export type DeletionAction =
  | { readonly kind: "delete"; readonly choice: ModelChoice }
  | { readonly kind: "discard"; readonly entry: CatalogEntryReply }
  | { readonly kind: "removeServer"; readonly endpoint: AnyEndpoint };

/** Everything that can be deleted, models first, servers last. */
export function deletionActions(
  models: readonly ModelChoice[],
  entries: readonly CatalogEntryReply[],
  servers: readonly { readonly endpoint: AnyEndpoint }[],
): readonly DeletionAction[] {
  const deletable = models.filter(({ canBeDeleted }) => canBeDeleted);
  const partial = entries.filter(({ partialBytes }) => partialBytes > 0);
  return [
    ...deletable.map((choice) => ({ kind: "delete", choice }) as const),
    ...partial.map((entry) => ({ kind: "discard", entry }) as const),
    ...servers.map(({ endpoint }) => ({ kind: "removeServer", endpoint }) as const),
  ];
}

/** Shows the list; undefined when the person leaves. Deletes nothing. */
export async function pickDeletion(
  actions: readonly DeletionAction[],
): Promise<DeletionAction | undefined> {
  const items = actions.map((action) => ({ ...itemOf(action), action }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t("Delete a model, a download or a server"),
    placeHolder: vscode.l10n.t("Choose what is no longer needed"),
    matchOnDescription: true,
  });
  return chosen?.action;
}

function itemOf(action: DeletionAction): vscode.QuickPickItem {
  switch (action.kind) {
    case "delete":
      return { label: action.choice.title, description: action.choice.facts.join(" · ") };
    case "removeServer": {
      const { name, url } = action.endpoint;
      return { label: name, description: vscode.l10n.t("Server: {0}", new URL(url).host) };
    }
    case "discard": {
      const arrived = sizeText(action.entry.partialBytes);
      return {
        label: action.entry.title,
        description: vscode.l10n.t("Download: {0} arrived", arrived),
      };
    }
  }
}
