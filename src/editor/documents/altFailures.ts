/** Pictures without a text after work on many: a list of all, each of which leads to its line. */

import * as vscode from "vscode";
import type { AppError } from "../../base/errors";
import { failureReport, remedyOf } from "../../host/notices/noticeTable";
import { plainLabel } from "../review/altChoice";
import type { Services } from "../shell/services";

/** A picture's reference, and why it has no text. */
export interface ImageFailure {
  readonly image: {
    readonly uri: vscode.Uri;
    /** From zero. */
    readonly line: number;
    readonly words: string;
  };
  readonly error: AppError;
}

interface FailureItem extends vscode.QuickPickItem {
  readonly failure: ImageFailure;
}

/**
 * Says that pictures have no text; the log has them all, and so has a list. Settles when the person has
 * answered.
 */
export async function showFailures(
  services: Pick<Services, "log" | "notices">,
  failures: readonly ImageFailure[],
): Promise<void> {
  const [first] = failures;
  if (first === undefined) return;
  for (const { image, error } of failures) {
    const place = `${vscode.workspace.asRelativePath(image.uri)}:${image.line + 1}`;
    services.log.warn(`${place}: ${failureReport(error)}`);
  }
  const isOne = failures.length === 1;
  const text = isOne
    ? vscode.l10n.t("1 picture has no text. {0}: {1}", first.image.words, first.error.message)
    : vscode.l10n.t("{0} pictures have no text.", failures.length);
  const show = isOne ? vscode.l10n.t("Go to Line") : vscode.l10n.t("Show All…");
  // Rejected only when the window closes, and then nobody reads it.
  const pressed = await vscode.window
    .showWarningMessage(text, show)
    .then(undefined, () => undefined);
  if (pressed !== show) return;
  const chosen = isOne ? first : await chooseFailure(failures);
  if (chosen !== undefined) await goTo(services, chosen);
}

/** The list stays until a row is chosen, so that one can look at several rows' reasons first. */
async function chooseFailure(failures: readonly ImageFailure[]): Promise<ImageFailure | undefined> {
  const items = failures.map((failure): FailureItem => {
    const { image, error } = failure;
    return {
      label: plainLabel(image.words),
      description: plainLabel(vscode.workspace.asRelativePath(image.uri)),
      detail: plainLabel(error.message),
      failure,
    };
  });
  const chosen = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t("{0} pictures have no text.", failures.length),
    placeHolder: vscode.l10n.t("Enter goes to the line"),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return chosen?.failure;
}

/** At the line stands what helps, where that is not in the document: a broken file is opened or found. */
async function goTo(
  { notices }: Pick<Services, "notices">,
  { image: { uri, line }, error }: ImageFailure,
): Promise<void> {
  const start = new vscode.Position(line, 0);
  await vscode.window.showTextDocument(uri, { selection: new vscode.Range(start, start) });
  const what = remedyOf(error);
  if (what !== undefined && what !== "document") await notices.show(error);
}
