/** Sizes and numbers in the language in which the editor's sentences are shown; `engine/durations.ts` has longer times. */

import * as vscode from "vscode";
import { type BytesOf, formatBytes, formatBytesOf, formatNumber } from "../../base/bytes";
import { progressText } from "../../host/service/progressText";
import type { Progress } from "../../model/ask/progress";

/** The display language where there are sentences of it; elsewhere they are English, and so are numbers. */
export function displayLocale(): string {
  return vscode.l10n.bundle === undefined ? "en" : vscode.env.language;
}

/** "4.3 GB" */
export function sizeText(bytes: number): string {
  return formatBytes(bytes, displayLocale());
}

/** "1.2" of "4.0 GB", for a sentence */
export function sizeParts(size: {
  readonly doneBytes: number;
  readonly totalBytes: number;
}): BytesOf {
  return formatBytesOf(size, displayLocale());
}

/** "1.2 of 4.0 GB (30%)" */
export function progressMessage(progress: Pick<Progress, "doneBytes" | "totalBytes">): string {
  const { done, total, share } = progressText(progress, displayLocale());
  return vscode.l10n.t("{0} of {1} ({2})", done, total, share);
}

/** "30%", as the page of the chat writes it */
export function shareText(progress: Pick<Progress, "doneBytes" | "totalBytes">): string {
  return progressText(progress, displayLocale()).share;
}

/** "0.1 s" */
export function secondsText(seconds: number, { digits }: { readonly digits: 0 | 1 }): string {
  return vscode.l10n.t("{0} s", formatNumber(seconds, { digits, locale: displayLocale() }));
}
