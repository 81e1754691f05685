/** Opens a review from anywhere in the extension; what it does is loaded with the first. */

import * as vscode from "vscode";
import type { ReviewScope } from "../../host/review/reviewSession";
import type { CommandId } from "../shell/commandIds";

/** Shows the pictures of documents and folders one by one. */
export async function openReview(scope: ReviewScope): Promise<void> {
  await vscode.commands.executeCommand("sightline.reviewAltTexts" satisfies CommandId, scope);
}
