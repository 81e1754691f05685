/** What a review is about: what a menu or another feature gives, or what somebody chooses. */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import { languageOfDocument } from "../../alt/languages";
import type { ReviewScope } from "../../host/review/reviewSession";
import { fileName } from "../documents/altDocument";
import { chooseOne, plainLabel, type Choice } from "../review/altChoice";

/** From the arguments of the command; undefined when they name nothing. */
export function scopeOf(args: readonly unknown[]): ReviewScope | undefined {
  const [first, all] = args;
  const several = Array.isArray(all) && all.length > 0 ? (all as readonly unknown[]) : [first];
  const uris = several.filter((uri): uri is vscode.Uri => uri instanceof vscode.Uri);
  if (uris.length > 0) return { uris: uris.map(String) };
  return givenScope(first);
}

/** A scope as it was kept, or as another feature gives it; undefined for anything else. */
export function givenScope(value: unknown): ReviewScope | undefined {
  if (typeof value !== "object" || value === null || !("uris" in value)) return undefined;
  const uris = textsIn(value.uris);
  if (uris === undefined || uris.length === 0) return undefined;
  const rules = "rules" in value ? textsIn(value.rules) : undefined;
  return { uris, ...(rules === undefined ? {} : { rules }) };
}

function textsIn(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.filter((each): each is string => typeof each === "string");
}

/**
 * The open document, its folder, or the workspace; undefined when the person changed their mind.
 * @throws AppError `document.missing` where nothing is open.
 */
export async function chooseScope(): Promise<ReviewScope | undefined> {
  const document = vscode.window.activeTextEditor?.document;
  const folders = vscode.workspace.workspaceFolders ?? [];
  const choices: Choice<readonly vscode.Uri[]>[] = [];
  if (document !== undefined && isReviewable(document)) {
    const { uri } = document;
    choices.push({
      label: vscode.l10n.t("This File"),
      description: plainLabel(fileName(uri)),
      value: [uri],
    });
    const folder = vscode.Uri.joinPath(uri, "..");
    if (!folders.some((root) => root.uri.toString() === folder.toString())) {
      choices.push({
        label: vscode.l10n.t("Its Folder"),
        description: plainLabel(vscode.workspace.asRelativePath(folder)),
        value: [folder],
      });
    }
  }
  if (folders.length > 0) {
    choices.push({
      label: vscode.l10n.t("The Workspace"),
      description: plainLabel(folders.map(({ name }) => name).join(", ")),
      value: folders.map(({ uri }) => uri),
    });
  }
  const [only, ...others] = choices;
  if (only === undefined) {
    throw new AppError("document.missing", vscode.l10n.t("No folder is open. Open one first."));
  }
  const title = vscode.l10n.t("Review the alt texts of what?");
  const uris = others.length === 0 ? only.value : await chooseOne(choices, { title });
  return uris === undefined ? undefined : { uris: uris.map(String) };
}

function isReviewable({ languageId, uri }: vscode.TextDocument): boolean {
  return languageOfDocument(languageId, uri.path) !== undefined && uri.scheme !== "untitled";
}
