/** Sizes and times in the language in which the editor's sentences are shown; the one place for both. */

import * as vscode from "vscode";
import { type BytesOf, formatBytes, formatBytesOf, formatNumber } from "../../base/bytes";
import { durationOf } from "../../base/timeLeft";
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

/** "5 h 20 min" */
export function durationText(seconds: number): string {
  const duration = durationOf(seconds);
  if (duration.hours > 0) {
    return vscode.l10n.t("{0} h {1} min", duration.hours, duration.minutes);
  }
  return duration.minutes > 0
    ? vscode.l10n.t("{0} min", duration.minutes)
    : vscode.l10n.t("{0} s", duration.seconds);
}

/** "12 min left" */
export function timeLeftText(seconds: number): string {
  const duration = durationOf(seconds);
  if (duration.hours > 0) {
    return vscode.l10n.t("{0} h {1} min left", duration.hours, duration.minutes);
  }
  return duration.minutes > 0
    ? vscode.l10n.t("{0} min left", duration.minutes)
    : vscode.l10n.t("{0} s left", duration.seconds);
}
