/** The pictures of the window's folders in the index: one look for all searches, which people see and can stop. */

import * as vscode from "vscode";
import type { LookedAt, LookProgress } from "../../host/search/lookAtPictures";
import { type JoinRun, PictureIndexing } from "../../host/search/pictureIndexing";
import { PICTURE_EXTENSIONS } from "../../model/ask/pictureNames";
import { filesGlob } from "../pictures/filesGlob";
import { durationText, timeLeftText } from "../engine/durations";
import { sizeText } from "../shell/numbers";
import type { Services } from "../shell/services";
import { IndexingItem } from "./indexingItem";
import { openFirst } from "./openFirst";
import { searchPlaces } from "./searchPlaces";

/** That all pictures of this workspace may be looked at, however long it takes. */
const AGREED_KEY = "sightline.looksAtAllPictures";
/** A switch of branches writes thousands of files, in ms. */
const DELAY_MS = 500;

/**
 * One for a window. What lies on the disk is compared with the index whenever somebody asks; the editor's watcher
 * only says that it would be worth it, however many files have changed.
 */
export class WorkspacePictures implements vscode.Disposable {
  readonly #services: Services;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #watcher: vscode.FileSystemWatcher;
  readonly #item = new IndexingItem();
  readonly #indexing: PictureIndexing;
  #timer: NodeJS.Timeout | undefined;

  constructor(services: Services) {
    this.#services = services;
    this.#watcher = vscode.workspace.createFileSystemWatcher(filesGlob(PICTURE_EXTENSIONS));
    const changed = (): void => {
      this.#indexing.changed();
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#changed.fire();
      }, DELAY_MS);
    };
    this.#watcher.onDidChange(changed);
    this.#watcher.onDidCreate(changed);
    this.#watcher.onDidDelete(changed);
    this.#indexing = new PictureIndexing({
      ...{ engine: services.engine, places: searchPlaces, nowMs: () => performance.now() },
      inOrder: openFirst,
      mayTakeLong: (progress) => this.#ask(progress),
      hasAgreed: () => services.context.workspaceState.get<boolean>(AGREED_KEY, false),
      onState: (state) => {
        this.#item.show(state);
      },
      onFound: () => {
        this.#changed.fire();
      },
      onUnwritable: (error) => void services.notices.show(error),
    });
  }

  /** What is shown may be out of date; by far not every change is told. */
  get onDidChange(): vscode.Event<void> {
    return this.#changed.event;
  }

  /**
   * Brings the index up to what lies in the folders, together with everybody who asks for it.
   * @throws AppError as `PictureIndexing.look`.
   */
  look(run: JoinRun): Promise<LookedAt> {
    return this.#indexing.look(run);
  }

  /** @returns false when no pictures are being looked at. */
  stop(): boolean {
    return this.#indexing.stop();
  }

  /** Stops the looking, or goes on with it. */
  async stopOrGoOn(): Promise<void> {
    if (!this.stop()) await this.#indexing.goOn();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#indexing.dispose();
    this.#watcher.dispose();
    this.#changed.dispose();
    this.#item.dispose();
  }

  async #ask({ nLeft, secondsLeft = 0, bytesLeft }: LookProgress): Promise<boolean> {
    const all = vscode.l10n.t("Look at All");
    const text = vscode.l10n.t(
      "{0} pictures are new, and Sightline looks at each once before it can be found. That takes about {1} on this machine, and {2} of disk space. It goes on while you work, and you can stop it at any time.",
      ...[nLeft, durationText(secondsLeft), sizeText(bytesLeft)],
    );
    const notNow = vscode.l10n.t("Not Now");
    if ((await vscode.window.showInformationMessage(text, all, notNow)) !== all) return false;
    await this.#services.context.workspaceState.update(AGREED_KEY, true);
    return true;
  }
}

const shared = new WeakMap<object, WorkspacePictures>();

/** The one of this window, made for whoever asks first. */
export function workspacePictures(services: Services): WorkspacePictures {
  const pictures = shared.get(services) ?? new WorkspacePictures(services);
  shared.set(services, pictures);
  return pictures;
}

/** "312 of 1,240 pictures looked at, 5 min left" */
export function lookText({ nDone, nAll, secondsLeft }: LookProgress): string {
  const text = vscode.l10n.t("{0} of {1} pictures looked at", nDone, nAll);
  return secondsLeft === undefined ? text : `${text}, ${timeLeftText(secondsLeft)}`;
}
