/** Choosing pictures with the keyboard: those of the workspace with small copies, or any other file. */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import type { Picture } from "../../host/pictures/picture";
import { PICTURE_EXTENSIONS } from "../../model/ask/pictureNames";
import { orderPictures } from "../../host/pictures/pictureOrder";
import { fileName } from "../documents/altDocument";
import { filesGlob, IN_TOOL_FOLDERS, namedFilesGlob } from "./filesGlob";
import { readPictures } from "./readPictures";
import { group } from "../shell/listGroup";
import type { Services } from "../shell/services";

/** More are neither found quickly nor looked through; of a larger workspace, typing finds the rest. */
const MAX_FOUND = 2000;
/** More than anybody reads; the next letter narrows them. */
const MAX_NAMED = 200;
/** Between two letters of somebody who types, in ms. */
const TYPING_MS = 150;
/** Side of a small copy in the list, in pixels. */
const ICON_SIDE = 64;

interface PictureItem extends vscode.QuickPickItem {
  readonly uri?: vscode.Uri;
}

/**
 * Lets the user choose pictures; none when they change their mind. What cannot be read is said.
 * @param recent URIs that were used last, the latest first.
 */
export async function choosePictures(
  services: Services,
  recent: readonly string[],
): Promise<readonly Picture[]> {
  const uris = await chooseUris(services, recent);
  const { pictures, failures } = await readPictures(services, uris);
  for (const error of failures) await services.notices.show(error);
  return pictures;
}

async function chooseUris(
  services: Services,
  recent: readonly string[],
): Promise<readonly vscode.Uri[]> {
  // A window without folders has nothing to list.
  if ((vscode.workspace.workspaceFolders ?? []).length === 0) return chooseFiles();
  const picker = new PicturePicker(services);
  const chosen = await picker.choose(recent);
  const isFileWanted = chosen.some(({ uri }) => uri === undefined);
  return [...chosen.flatMap(({ uri }) => uri ?? []), ...(isFileWanted ? await chooseFiles() : [])];
}

/** The editor's own dialog. */
async function chooseFiles(): Promise<readonly vscode.Uri[]> {
  const chosen = await vscode.window.showOpenDialog({
    canSelectMany: true,
    title: vscode.l10n.t("Choose Pictures"),
    openLabel: vscode.l10n.t("Ask About"),
    filters: { [vscode.l10n.t("Pictures")]: [...PICTURE_EXTENSIONS] },
  });
  return chosen ?? [];
}

class PicturePicker {
  readonly #services: Services;
  readonly #picker: vscode.QuickPick<PictureItem>;
  readonly #end = new AbortController();
  /** Items whose small copy was asked for. */
  readonly #drawn = new Set<PictureItem>();
  /** What is there without typing. */
  #listed: readonly PictureItem[] = [otherFileItem()];
  #hasMore = false;
  /** What typing found, by address, so that one that is ticked stays the same. */
  readonly #named = new Map<string, PictureItem>();
  #typing: NodeJS.Timeout | undefined;
  #search: vscode.CancellationTokenSource | undefined;

  constructor(services: Services) {
    this.#services = services;
    this.#picker = vscode.window.createQuickPick<PictureItem>();
  }

  /** The chosen items; one without a URI stands for the dialog. */
  async choose(recent: readonly string[]): Promise<readonly PictureItem[]> {
    const picker = this.#picker;
    picker.title = vscode.l10n.t("Ask About Pictures");
    picker.placeholder = vscode.l10n.t("Choose one or several pictures");
    picker.canSelectMany = true;
    picker.matchOnDescription = true;
    picker.busy = true;
    picker.items = this.#listed;
    const cancellation = new vscode.CancellationTokenSource();
    const chosen = new Promise<readonly PictureItem[]>((resolve) => {
      picker.onDidAccept(() => {
        // Enter without a tick means the line that it was pressed on.
        const { selectedItems, activeItems } = picker;
        resolve(selectedItems.length > 0 ? selectedItems : activeItems.slice(0, 1));
        picker.hide();
      });
      picker.onDidHide(() => {
        resolve([]);
      });
    });
    picker.onDidChangeActive((items) => void this.#draw(items));
    picker.onDidChangeValue(() => {
      this.#typed();
    });
    picker.show();
    void this.#list(recent, cancellation.token);
    try {
      return await chosen;
    } finally {
      this.#end.abort();
      clearTimeout(this.#typing);
      this.#search?.cancel();
      cancellation.cancel();
      cancellation.dispose();
      picker.dispose();
    }
  }

  async #list(recent: readonly string[], token: vscode.CancellationToken): Promise<void> {
    try {
      const found = await vscode.workspace.findFiles(
        filesGlob(PICTURE_EXTENSIONS),
        IN_TOOL_FOLDERS,
        MAX_FOUND,
        token,
      );
      if (this.#end.signal.aborted) return;
      this.#listed = itemsOf(found, recent);
      this.#hasMore = found.length >= MAX_FOUND;
      this.#show([]);
      if (this.#hasMore) {
        const note = vscode.l10n.t("Ask About Pictures (the first {0} that were found)", MAX_FOUND);
        this.#picker.title = note;
        this.#picker.placeholder = vscode.l10n.t("Type a part of a name to search all pictures");
        this.#typed();
      }
    } catch (thrown) {
      this.#services.log.warn(AppError.from(thrown).message);
    } finally {
      const isSearching = this.#hasMore && this.#picker.value.trim() !== "";
      if (!this.#end.signal.aborted) this.#picker.busy = isSearching;
    }
  }

  /** Where not everything is listed, the file system is asked for what was typed, as Ctrl+P does. */
  #typed(): void {
    if (!this.#hasMore) return;
    clearTimeout(this.#typing);
    this.#search?.cancel();
    if (this.#picker.value.trim() === "") {
      this.#picker.busy = false;
      this.#show([]);
      return;
    }
    this.#picker.busy = true;
    this.#typing = setTimeout(() => void this.#searchFor(this.#picker.value), TYPING_MS);
  }

  async #searchFor(typed: string): Promise<void> {
    const search = new vscode.CancellationTokenSource();
    this.#search = search;
    const isCurrent = (): boolean => this.#search === search && !this.#end.signal.aborted;
    try {
      const found = await vscode.workspace.findFiles(
        namedFilesGlob(typed, PICTURE_EXTENSIONS),
        IN_TOOL_FOLDERS,
        MAX_NAMED,
        search.token,
      );
      if (isCurrent() && !search.token.isCancellationRequested) this.#show(found);
    } catch (thrown) {
      this.#services.log.warn(AppError.from(thrown).message);
    } finally {
      if (isCurrent()) this.#picker.busy = false;
      search.dispose();
    }
  }

  /** The list, with what typing found; what is ticked stays there and ticked. */
  #show(named: readonly vscode.Uri[]): void {
    const { selectedItems } = this.#picker;
    const listed = new Set(this.#listed.flatMap(({ uri }) => uri?.toString() ?? []));
    const found = named
      .filter((uri) => !listed.has(uri.toString()))
      .map((uri) => this.#namedItem(uri));
    const kept = selectedItems.filter(
      (item) => !this.#listed.includes(item) && !found.includes(item) && item.uri !== undefined,
    );
    this.#picker.items = [...this.#listed, ...group(vscode.l10n.t("found"), [...kept, ...found])];
    this.#picker.selectedItems = selectedItems;
  }

  #namedItem(uri: vscode.Uri): PictureItem {
    const key = uri.toString();
    // The search has decided that it fits; the editor's own comparison is another one.
    const item = this.#named.get(key) ?? { ...pictureItem(uri), alwaysShow: true };
    this.#named.set(key, item);
    return item;
  }

  /** The editor shows files by itself; what other file systems hold is drawn when it is looked at. */
  async #draw(items: readonly PictureItem[]): Promise<void> {
    for (const item of items) {
      if (item.uri === undefined || item.iconPath instanceof vscode.Uri) continue;
      if (this.#drawn.has(item)) continue;
      this.#drawn.add(item);
      const icon = await this.#iconOf(item.uri);
      if (icon === undefined || this.#end.signal.aborted) continue;
      item.iconPath = icon;
      const { selectedItems, activeItems } = this.#picker;
      this.#picker.keepScrollPosition = true;
      this.#picker.items = [...this.#picker.items];
      this.#picker.selectedItems = selectedItems;
      this.#picker.activeItems = activeItems;
    }
  }

  async #iconOf(uri: vscode.Uri): Promise<vscode.Uri | undefined> {
    try {
      const { name, bytes } = await this.#services.pictures.read(uri);
      const { signal } = this.#end;
      const params = { image: bytes, imageName: name, maxSide: ICON_SIDE };
      const { image } = await this.#services.engine.call("thumbnail", params, { signal });
      return vscode.Uri.parse(`data:image/webp;base64,${Buffer.from(image).toString("base64")}`);
    } catch (thrown) {
      this.#services.log.debug(AppError.from(thrown).message);
      return undefined;
    }
  }
}

function itemsOf(found: readonly vscode.Uri[], recent: readonly string[]): PictureItem[] {
  const files = found.map((uri) => ({ uri: uri.toString(), path: uri.path, place: uri }));
  const near = vscode.window.activeTextEditor?.document.uri.path;
  const groups = orderPictures(files, { recent, near });
  const item = ({ place }: { readonly place: vscode.Uri }): PictureItem => pictureItem(place);
  return [
    ...group(vscode.l10n.t("recently used"), groups.recent.map(item)),
    ...group(vscode.l10n.t("near the open document"), groups.near.map(item)),
    ...group(vscode.l10n.t("in the workspace"), groups.others.map(item)),
    ...group("", [otherFileItem()]),
  ];
}

function pictureItem(uri: vscode.Uri): PictureItem {
  const relative = vscode.workspace.asRelativePath(uri);
  const folder = relative.slice(0, Math.max(0, relative.lastIndexOf("/")));
  return {
    label: fileName(uri),
    description: folder,
    iconPath: uri.scheme === "file" ? uri : new vscode.ThemeIcon("file-media"),
    uri,
  };
}

function otherFileItem(): PictureItem {
  return {
    label: vscode.l10n.t("Choose a file…"),
    iconPath: new vscode.ThemeIcon("folder-opened"),
    alwaysShow: true,
  };
}
