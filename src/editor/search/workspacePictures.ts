/** The pictures of the window's folders in the index: which there are, and looking at what is new. */

import * as vscode from "vscode";
import { TimeLeft } from "../../base/timeLeft";
import { AppError } from "../../base/errors";
import { PICTURE_EXTENSIONS } from "../../model/ask/pictureNames";
import { filesGlob } from "../pictures/filesGlob";
import { timeLeftText } from "../shell/numbers";
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

  /** Paths of the window's folders on this machine. */
  folders(): readonly string[] {
    return localFolders().map(({ uri }) => uri.fsPath);
  }

  /** Where pictures are looked for, as the engine wants to know it. */
  places(): { folders: string[]; exclude: string[] } {
    return { folders: [...this.folders()], exclude: excludedPatterns() };
  }

  /**
   * Brings the index up to what lies in the folders; what was seen before costs a look at its size and time.
   * @throws AppError as the engine; `request.cancelled`.
   */
  async look({ signal, onProgress }: LookOptions): Promise<LookedAt> {
    const { engine } = this.#services;
    const listed = await engine.call("listPictures", this.places(), { signal });
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

/** Folders of the window whose files a process of this machine can read. */
export function localFolders(): readonly vscode.WorkspaceFolder[] {
  return (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
}

/** @throws AppError `document.missing` in a window that has no folder here. */
export function expectFolders(): void {
  if (localFolders().length > 0) return;
  const text = vscode.l10n.t("Pictures are found in folders on this machine. Open one.");
  throw new AppError("document.missing", text);
}

/** What the editor leaves out of the Explorer and of its own search. */
function excludedPatterns(): string[] {
  const patterns = new Set<string>();
  for (const { uri } of localFolders()) {
    for (const section of ["files", "search"]) {
      const configuration = vscode.workspace.getConfiguration(section, uri);
      const found = configuration.get<Record<string, unknown>>("exclude", {});
      // A condition such as "when there is a .ts beside it" is about no picture.
      for (const [pattern, isOn] of Object.entries(found)) if (isOn === true) patterns.add(pattern);
    }
  }
  return [...patterns];
}

/** The folder of a file, relative to the workspace, with the folder's name where there are several. */
export function folderText(file: string): string {
  const relative = vscode.workspace.asRelativePath(vscode.Uri.file(file));
  return relative.slice(0, Math.max(0, relative.lastIndexOf("/")));
}
