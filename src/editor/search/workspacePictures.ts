/** The pictures of the window's folders in the index: which there are, and looking at what is new. */

import * as vscode from "vscode";
import { TimeLeft } from "../../base/timeLeft";
import { PICTURE_EXTENSIONS } from "../../model/ask/pictureNames";
import { filesGlob } from "../pictures/filesGlob";
import { timeLeftText } from "../shell/numbers";
import { searchPlaces } from "./searchPlaces";
import type { Services } from "../shell/services";

export interface SkippedPicture {
  readonly file: string;
  readonly why: string;
}

/** What can be searched now. */
export interface LookedAt {
  /** Paths, in the order of the folders. */
  readonly files: readonly string[];
  readonly skipped: readonly SkippedPicture[];
}

/** How far the looking is. */
export interface LookProgress {
  readonly nDone: number;
  readonly nAll: number;
  /** For people. */
  readonly text: string;
}

export interface LookOptions {
  readonly signal: AbortSignal;
  /** Told when the files are listed, and after each piece. */
  readonly onProgress: (progress: LookProgress, soFar: LookedAt) => void;
}

/** Pictures in one piece of work: few while each costs seconds, many where all are known. */
const PIECE = { least: 8, most: 512 } as const;
/** A piece that is done sooner may be larger, in ms. */
const QUICK_MS = 300;

/**
 * One for a window. What lies on the disk is compared with the index whenever somebody asks; the editor's watcher
 * only says that it would be worth it.
 */
export class WorkspacePictures implements vscode.Disposable {
  readonly #services: Services;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #watcher: vscode.FileSystemWatcher;
  /** What the engine's process has been told of. */
  #known = new Set<string>();

  constructor(services: Services) {
    this.#services = services;
    this.#watcher = vscode.workspace.createFileSystemWatcher(filesGlob(PICTURE_EXTENSIONS));
    const changed = (): void => {
      this.#changed.fire();
    };
    this.#watcher.onDidChange(changed);
    this.#watcher.onDidCreate(changed);
    this.#watcher.onDidDelete(changed);
  }

  /** Pictures were written, made or taken away; by far not every change is told. */
  get onDidChange(): vscode.Event<void> {
    return this.#changed.event;
  }

  /**
   * Brings the index up to what lies in the folders; what was seen before costs a look at its size and time.
   * @throws AppError as the engine; `request.cancelled`.
   */
  async look({ signal, onProgress }: LookOptions): Promise<LookedAt> {
    const { engine } = this.#services;
    const listed = await engine.call("listPictures", searchPlaces(), { signal });
    const { files } = listed;
    const skipped = [...listed.skipped];
    await this.#forgetOthers(files, signal);
    const timeLeft = new TimeLeft(() => performance.now());
    const tell = (nDone: number): void => {
      const seconds = timeLeft.update({ doneBytes: nDone, totalBytes: files.length });
      const text = vscode.l10n.t("{0} of {1} pictures looked at", nDone, files.length);
      const left = seconds === undefined ? "" : `, ${timeLeftText(seconds)}`;
      onProgress({ nDone, nAll: files.length, text: text + left }, { files, skipped });
    };
    tell(0);
    let size: number = PIECE.least;
    for (let begin = 0; begin < files.length;) {
      const piece = files.slice(begin, begin + size);
      const startedMs = performance.now();
      const found = await engine.call("indexPictures", { files: piece }, { signal });
      skipped.push(...found.skipped);
      for (const file of piece) this.#known.add(file);
      begin += piece.length;
      const isQuick = performance.now() - startedMs < QUICK_MS;
      size = isQuick ? Math.min(PIECE.most, size * 2) : PIECE.least;
      tell(begin);
    }
    return { files, skipped };
  }

  /** The engine's process begins anew with the next look. */
  forget(): void {
    this.#known.clear();
  }

  dispose(): void {
    this.#watcher.dispose();
    this.#changed.dispose();
  }

  async #forgetOthers(files: readonly string[], signal: AbortSignal): Promise<void> {
    const there = new Set(files);
    const gone = [...this.#known].filter((file) => !there.has(file));
    if (gone.length === 0) return;
    await this.#services.engine.call("forgetPictures", { files: gone }, { signal });
    for (const file of gone) this.#known.delete(file);
  }
}
