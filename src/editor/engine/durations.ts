/** Times in the words in which the editor's sentences are shown. */

import * as vscode from "vscode";
import { durationOf } from "../../base/timeLeft";

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
