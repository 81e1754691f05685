/** Long work of the engine with a progress that the user sees and can cancel. */

import * as vscode from "vscode";
import { progressText } from "../host/progressText";
import type { Progress } from "../protocol/engineMessages";
import type { CallOptions } from "../protocol/rpcClient";

export interface ProgressOptions {
  /** What is done, with an ellipsis. */
  readonly title: string;
  /** A notification has a button to cancel; the status bar is for what is short or cannot be cancelled. */
  readonly place: "notification" | "statusBar";
  /** What is said of each step. @default progressMessage */
  readonly describe?: (progress: Progress) => string;
}

/**
 * Runs the work with options that carry the user's cancel and show its progress in bytes.
 * @throws what the work throws; `request.cancelled` when the user cancelled it.
 */
export async function withEngineProgress<T>(
  { title, place, describe = progressMessage }: ProgressOptions,
  work: (options: CallOptions) => Promise<T>,
): Promise<T> {
  const isNotification = place === "notification";
  const location = isNotification
    ? vscode.ProgressLocation.Notification
    : vscode.ProgressLocation.Window;
  return await vscode.window.withProgress(
    { location, title, cancellable: isNotification },
    async (progress, token) => {
      const controller = new AbortController();
      const subscription = token.onCancellationRequested(() => {
        controller.abort();
      });
      try {
        return await work({ signal: controller.signal, onProgress: reporter(progress, describe) });
      } finally {
        subscription.dispose();
      }
    },
  );
}

/** "1.2 of 4.0 GB (30 %)" */
export function progressMessage(progress: Progress): string {
  const { done, total, percent } = progressText(progress);
  return vscode.l10n.t("{0} of {1} ({2} %)", done, total, percent);
}

function reporter(
  progress: vscode.Progress<{ message?: string; increment?: number }>,
  describe: (progress: Progress) => string,
): (step: Progress) => void {
  let shown = { message: "", percent: 0 };
  return (step) => {
    const message = describe(step);
    const { percent } = progressText(step);
    if (message === shown.message) return;
    progress.report({ message, increment: Math.max(0, percent - shown.percent) });
    shown = { message, percent };
  };
}
