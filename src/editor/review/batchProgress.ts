/** How far the work on many pictures is, in one line: pages, pictures, and how long it will take. */

import * as vscode from "vscode";
import { durationOf, TimeLeft } from "../../base/timeLeft";

/** Counts pictures, and the documents whose pictures are all done. */
export class BatchProgress {
  readonly #total: number;
  /** For each picture the documents that come before its own. */
  readonly #documentsBefore: readonly number[];
  readonly #nDocuments: number;
  readonly #timeLeft: TimeLeft;

  /** @param images in the order of the work, those of a document in a row. */
  constructor(
    images: readonly { readonly uri: { toString(): string } }[],
    nowMs: () => number = () => performance.now(),
  ) {
    this.#total = images.length;
    const seen = new Set<string>();
    this.#documentsBefore = images.map(({ uri }) => {
      seen.add(uri.toString());
      return seen.size - 1;
    });
    this.#nDocuments = seen.size;
    this.#timeLeft = new TimeLeft(nowMs);
  }

  /** @param done pictures that are done. */
  words(done: number): string {
    const pictures = vscode.l10n.t("{0} of {1} pictures", done, this.#total);
    const nBefore = this.#documentsBefore[done] ?? this.#nDocuments;
    const pages =
      this.#nDocuments > 1 ? [vscode.l10n.t("{0} of {1} pages", nBefore, this.#nDocuments)] : [];
    const seconds = this.#timeLeft.update({ doneBytes: done, totalBytes: this.#total });
    return [...pages, pictures, ...(seconds === undefined ? [] : [timeLeftText(seconds)])].join(
      ", ",
    );
  }
}

function timeLeftText(secondsLeft: number): string {
  const { hours, minutes, seconds } = durationOf(secondsLeft);
  if (hours > 0) return vscode.l10n.t("about {0} h {1} min left", hours, minutes);
  if (minutes > 0) return vscode.l10n.t("about {0} min left", minutes);
  return vscode.l10n.t("about {0} s left", seconds);
}
