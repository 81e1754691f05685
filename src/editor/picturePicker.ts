/** Choosing pictures with the keyboard: those of the workspace with small copies, or any other file. */

import * as vscode from "vscode";
import { AppError } from "../base/errors";
import type { Picture } from "../host/picture";
import { PICTURE_EXTENSIONS } from "../base/pictureNames";
import { orderPictures } from "../host/pictureOrder";
import { fileName } from "./altDocument";
import { filesGlob, IN_TOOL_FOLDERS } from "./filesGlob";
import { readPictures } from "./readPictures";
import type { Services } from "./services";

/** More are neither found quickly nor looked through; typing narrows what is there. */
const MAX_FOUND = 2000;
/** Side of a small copy in the list, in pixels. */
const ICON_SIDE = 64;

interface PictureItem extends vscode.QuickPickItem {
  readonly uri: vscode.Uri | undefined;
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
    picker.items = [otherFileItem()];
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
    picker.show();
    void this.#list(recent, cancellation.token);
    try {
      return await chosen;
    } finally {
      this.#end.abort();
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
      this.#picker.items = itemsOf(found, recent);
      if (found.length >= MAX_FOUND) {
        const note = vscode.l10n.t("Ask About Pictures (the first {0} that were found)", MAX_FOUND);
        this.#picker.title = note;
      }
    } catch (thrown) {
      this.#services.log.warn(AppError.from(thrown).message);
    } finally {
      if (!this.#end.signal.aborted) this.#picker.busy = false;
    }
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
      const { image } = await this.#services.engine.thumbnail(params, { signal });
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

function group(label: string, items: readonly PictureItem[]): PictureItem[] {
  if (items.length === 0) return [];
  return [{ label, kind: vscode.QuickPickItemKind.Separator, uri: undefined }, ...items];
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
    uri: undefined,
  };
}
