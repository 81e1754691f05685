/** Progress with a cancel button for work that takes longer than people wait without a sign. */

import * as vscode from "vscode";

/** Shorter work shows nothing, in ms. */
const DELAY_MS = 1000;

/** What the work is given. */
export interface CancellableRun {
  /** Fires when the person cancels. */
  readonly signal: AbortSignal;
  /** Says what is being done; `share` is the part that is done, 0 to 1. */
  readonly report: (message: string, share?: number) => void;
}

/**
 * Runs the work and shows a cancellable notification once it takes a second.
 * @throws whatever the work throws.
 */
export async function withDelayedProgress<T>(
  title: string,
  work: (run: CancellableRun) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let last: Report = { message: "", share: 0 };
  let show: (report: Report) => void = () => undefined;
  const report = (message: string, share = last.share): void => {
    last = { message, share };
    show(last);
  };
  const result = work({ signal: controller.signal, report });
  const timer = setTimeout(() => {
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    void vscode.window.withProgress(options, async (progress, token) => {
      token.onCancellationRequested(() => {
        controller.abort();
      });
      let shown = 0;
      show = ({ message, share }) => {
        const increment = Math.max(0, share - shown) * 100;
        shown = Math.max(shown, share);
        progress.report(increment > 0 ? { message, increment } : { message });
      };
      if (last.message !== "") show(last);
      // The caller gets the failure; the notification only has to go.
      await result.catch(() => undefined);
    });
  }, DELAY_MS);
  try {
    return await result;
  } finally {
    clearTimeout(timer);
  }
}

interface Report {
  readonly message: string;
  readonly share: number;
}
