/** Find Picture…: pictures of the workspace by what they show, while somebody types. */

import * as path from "node:path";
import * as vscode from "vscode";
import { AppError, isCancelled } from "../../base/errors";
import type { FeatureWith } from "../shell/lazyFeature";
import type { SearchCommandId } from "../shell/commandIds";
import type { Services } from "../shell/services";

/** Between two letters of somebody who types, in ms. */
const TYPING_MS = 250;
/** Pictures that are looked at before words have a turn. */
const AT_ONCE = 8;
/** As many as a list of this kind is read. */
const MAX_FOUND = 30;
const MAX_NAMED = 10;

interface FoundItem extends vscode.QuickPickItem {
  readonly file: string | undefined;
}

export function createSearch(services: Services): FeatureWith<SearchCommandId> {
  return {
    commands: {
      "sightline.findPicture": async () => {
        const folders = (vscode.workspace.workspaceFolders ?? [])
          .filter(({ uri }) => uri.scheme === "file")
          .map(({ uri }) => uri.fsPath);
        if (folders.length === 0) {
          const text = vscode.l10n.t("Pictures are found in folders on this machine. Open one.");
          void vscode.window.showInformationMessage(text);
          return;
        }
        const file = await new PictureFinder(services, folders).find();
        if (file !== undefined) {
          await vscode.commands.executeCommand("vscode.open", vscode.Uri.file(file));
        }
      },
    },
    dispose: () => undefined,
  };
}

class PictureFinder {
  readonly #services: Services;
  readonly #folders: readonly string[];
  readonly #picker: vscode.QuickPick<FoundItem>;
  readonly #end = new AbortController();
  readonly #reveal: vscode.QuickInputButton = {
    iconPath: new vscode.ThemeIcon("go-to-file"),
    tooltip: vscode.l10n.t("Reveal in Explorer"),
  };
  #files: readonly string[] = [];
  #isIndexing = true;
  #typing: NodeJS.Timeout | undefined;
  #search: AbortController | undefined;

  constructor(services: Services, folders: readonly string[]) {
    this.#services = services;
    this.#folders = folders;
    this.#picker = vscode.window.createQuickPick<FoundItem>();
  }

  /** The file that was chosen; undefined when the list was left. */
  async find(): Promise<string | undefined> {
    const picker = this.#picker;
    picker.title = vscode.l10n.t("Find Picture");
    picker.placeholder = vscode.l10n.t("Say in English what the picture shows, or type its name");
    picker.busy = true;
    const chosen = new Promise<string | undefined>((resolve) => {
      picker.onDidAccept(() => {
        resolve(picker.activeItems[0]?.file);
        picker.hide();
      });
      picker.onDidHide(() => {
        resolve(undefined);
      });
    });
    picker.onDidChangeValue(() => {
      this.#typed();
    });
    picker.onDidTriggerItemButton(({ item }) => {
      if (item.file === undefined) return;
      const uri = vscode.Uri.file(item.file);
      void vscode.commands.executeCommand("revealInExplorer", uri);
    });
    picker.show();
    const indexing = this.#index();
    try {
      return await chosen;
    } finally {
      this.#end.abort();
      this.#search?.abort();
      clearTimeout(this.#typing);
      picker.dispose();
      await indexing;
    }
  }

  /** Looks at the workspace's pictures, some at a time, so that what is there is found meanwhile. */
  async #index(): Promise<void> {
    const { engine, notices } = this.#services;
    const { signal } = this.#end;
    try {
      const listed = await engine.call("listPictures", { folders: [...this.#folders] }, { signal });
      this.#files = listed.files;
      this.#tell(0);
      if (this.#picker.value.trim() === "") this.#typed();
      for (let begin = 0; begin < this.#files.length; begin += AT_ONCE) {
        const files = this.#files.slice(begin, begin + AT_ONCE);
        await engine.call("indexPictures", { files }, { signal });
        this.#tell(Math.min(begin + AT_ONCE, this.#files.length));
      }
    } catch (thrown) {
      if (isCancelled(thrown)) return;
      this.#picker.hide();
      await notices.show(thrown);
    } finally {
      this.#isIndexing = false;
    }
    if (signal.aborted) return;
    this.#picker.title = vscode.l10n.t("Find Picture");
    this.#picker.busy = this.#picker.value.trim() !== "";
    // What was looked at since the last letter is found now.
    this.#typed();
  }

  #tell(nDone: number): void {
    if (this.#end.signal.aborted) return;
    this.#picker.title = vscode.l10n.t(
      "Find Picture ({0} of {1} looked at)",
      nDone,
      this.#files.length,
    );
  }

  #typed(): void {
    clearTimeout(this.#typing);
    this.#search?.abort();
    if (this.#picker.value.trim() === "") {
      const some = this.#files.slice(0, MAX_FOUND).map((file) => this.#itemOf(file));
      this.#picker.items = group(vscode.l10n.t("in the workspace"), some);
      return;
    }
    this.#picker.busy = true;
    this.#typing = setTimeout(() => void this.#find(this.#picker.value), TYPING_MS);
  }

  async #find(words: string): Promise<void> {
    const search = new AbortController();
    this.#search = search;
    try {
      const params = { words, k: MAX_FOUND };
      const { signal } = search;
      const { matches } = await this.#services.engine.call("findPictures", params, { signal });
      if (signal.aborted || this.#end.signal.aborted) return;
      this.#picker.items = this.#itemsOf(words, matches);
    } catch (thrown) {
      if (!isCancelled(thrown)) this.#services.log.warn(AppError.from(thrown).message);
    } finally {
      const isLatest = this.#search === search && !this.#end.signal.aborted;
      if (isLatest) this.#picker.busy = this.#isIndexing;
    }
  }

  /** Names first, because somebody who types one means it. The order within a group is the search's. */
  #itemsOf(
    words: string,
    matches: readonly { readonly file: string; readonly isLikely: boolean }[],
  ): FoundItem[] {
    const typed = words.trim().toLowerCase();
    const named = this.#files.filter((file) => path.basename(file).toLowerCase().includes(typed));
    const item = (file: string): FoundItem => this.#itemOf(file);
    const likely = matches.filter(({ isLikely }) => isLikely).map(({ file }) => item(file));
    const others = matches.filter(({ isLikely }) => !isLikely).map(({ file }) => item(file));
    return [
      ...group(vscode.l10n.t("by name"), named.slice(0, MAX_NAMED).map(item)),
      ...group(vscode.l10n.t("likely"), likely),
      ...group(vscode.l10n.t("less likely"), others),
    ];
  }

  #itemOf(file: string): FoundItem {
    const uri = vscode.Uri.file(file);
    const relative = vscode.workspace.asRelativePath(uri);
    return {
      label: path.basename(file),
      description: relative.slice(0, Math.max(0, relative.lastIndexOf("/"))),
      iconPath: uri,
      buttons: [this.#reveal],
      // The words are what it shows and not what it is called.
      alwaysShow: true,
      file,
    };
  }
}

function group(label: string, items: readonly FoundItem[]): FoundItem[] {
  if (items.length === 0) return [];
  return [{ label, kind: vscode.QuickPickItemKind.Separator, file: undefined }, ...items];
}
