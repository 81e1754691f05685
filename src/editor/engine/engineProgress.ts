/** Long work of the engine with a progress that the user sees and can cancel. */

import * as vscode from "vscode";
import { progressMessage, secondsText } from "../shell/numbers";
import { progressText } from "../../host/service/progressText";
import type { Progress, Stage } from "../../model/ask/progress";
import type { CallOptions } from "../../protocol/rpcClient";

export interface ProgressOptions {
  /** What is done, with an ellipsis. */
  readonly title: string;
  /** A notification has a button to cancel; the status bar is for what is short or cannot be cancelled. */
  readonly place: "notification" | "statusBar";
  /** What is said of each step. @default progressMessage */
  readonly describe?: (progress: Progress) => string;
}

/** While no bytes come, the seconds are counted, so that nobody takes it for dead. */
const TICK_MS = 1000;

/**
 * Runs the work with options that carry the user's cancel and show its progress: bytes, or what is done
 * while none come.
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
      const reporter = new Reporter(progress, describe);
      try {
        return await work({
          signal: controller.signal,
          onProgress: (step) => {
            reporter.progressed(step);
          },
          onStage: (stage) => {
            reporter.staged(stage);
          },
        });
      } finally {
        reporter.end();
        subscription.dispose();
      }
    },
  );
}

class Reporter {
  readonly #progress: vscode.Progress<{ message?: string; increment?: number }>;
  readonly #describe: (progress: Progress) => string;
  #shown = { message: "", percent: 0 };
  #timer: NodeJS.Timeout | undefined;

  constructor(
    progress: vscode.Progress<{ message?: string; increment?: number }>,
    describe: (progress: Progress) => string,
  ) {
    this.#progress = progress;
    this.#describe = describe;
  }

  progressed(step: Progress): void {
    this.end();
    this.#show(this.#describe(step), progressText(step).percent);
  }

  staged(stage: Stage): void {
    this.end();
    const text = stageText(stage);
    const beganMs = performance.now();
    this.#show(`${text}…`, this.#shown.percent);
    this.#timer = setInterval(() => {
      const seconds = Math.round((performance.now() - beganMs) / TICK_MS);
      this.#show(`${text}… ${secondsText(seconds, { digits: 0 })}`, this.#shown.percent);
    }, TICK_MS);
    this.#timer.unref();
  }

  /** Counts no more. */
  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #show(message: string, percent: number): void {
    if (message === this.#shown.message) return;
    this.#progress.report({ message, increment: Math.max(0, percent - this.#shown.percent) });
    this.#shown = { message, percent };
  }
}

/** Without an end, because seconds may follow. */
function stageText({ stage, host = "", nth = 1, nTries = 1 }: Stage): string {
  switch (stage) {
    case "connect":
      return nth === 1
        ? vscode.l10n.t("Connecting to {0}", host)
        : vscode.l10n.t("Connecting to {0}, try {1} of {2}", host, nth, nTries);
    case "check":
      return vscode.l10n.t("Checking what has arrived");
    case "load":
      return vscode.l10n.t("Loading the model");
    case "look":
      return vscode.l10n.t("Looking at the picture");
    case "write":
      return vscode.l10n.t("Writing");
    case "features":
      return vscode.l10n.t("Looking at pictures");
    case "learn":
      return vscode.l10n.t("Learning");
  }
}
