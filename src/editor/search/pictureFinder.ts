/** A list of pictures by what they show, while somebody types. */

import * as path from "node:path";
import * as vscode from "vscode";
import { AppError, isCancelled } from "../../base/errors";
import { group } from "../shell/listGroup";
import type { Services } from "../shell/services";
import { folderText } from "./searchPlaces";
import type { WorkspacePictures } from "./workspacePictures";

/** Between two letters of somebody who types, in ms. */
const TYPING_MS = 250;
/** As many as a list of this kind is read. */
const MAX_FOUND = 30;
const MAX_NAMED = 10;

interface FoundItem extends vscode.QuickPickItem {
  readonly file?: string;
  /** Stands for the view of all results. */
  readonly isAll?: true;
}

/** What somebody wants with a picture, or with what they typed. */
export type FinderChoice =
  | { readonly kind: "choose" | "insert" | "similar"; readonly file: string }
  | { readonly kind: "all"; readonly words: string };

export interface FinderOptions {
  readonly title: string;
  /** What is searched at first. @default nothing */
  readonly words?: string;
}

interface ItemButton extends vscode.QuickInputButton {
  readonly kind: "reveal" | "insert" | "similar";
}

export class PictureFinder {
  readonly #services: Services;
  readonly #pictures: WorkspacePictures;
  readonly #options: FinderOptions;
  readonly #picker: vscode.QuickPick<FoundItem>;
  readonly #end = new AbortController();
  readonly #buttons: readonly ItemButton[] = [
    {
      ...{ kind: "insert", tooltip: vscode.l10n.t("Insert at Cursor") },
      iconPath: new vscode.ThemeIcon("insert"),
    },
    {
      ...{ kind: "similar", tooltip: vscode.l10n.t("Find Similar") },
      iconPath: new vscode.ThemeIcon("search-fuzzy"),
    },
    {
      ...{ kind: "reveal", tooltip: vscode.l10n.t("Reveal in Explorer") },
      iconPath: new vscode.ThemeIcon("go-to-file"),
    },
  ];
  #files: readonly string[] = [];
  #isIndexing = true;
  #typing: NodeJS.Timeout | undefined;
  #search: AbortController | undefined;

  constructor(services: Services, pictures: WorkspacePictures, options: FinderOptions) {
    this.#services = services;
    this.#pictures = pictures;
    this.#options = options;
    this.#picker = vscode.window.createQuickPick<FoundItem>();
  }

  /** What was chosen; undefined when the list was left. */
  async find(): Promise<FinderChoice | undefined> {
    const picker = this.#picker;
    picker.title = this.#options.title;
    picker.value = this.#options.words ?? "";
    picker.placeholder = vscode.l10n.t("Say in English what the picture shows, or type its name");
    picker.busy = true;
    const chosen = this.#chosen();
    picker.onDidChangeValue(() => {
      this.#typed();
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

  #chosen(): Promise<FinderChoice | undefined> {
    const picker = this.#picker;
    return new Promise((resolve) => {
      picker.onDidAccept(() => {
        const [item] = picker.activeItems;
        if (item?.isAll === true) resolve({ kind: "all", words: picker.value.trim() });
        else if (item?.file !== undefined) resolve({ kind: "choose", file: item.file });
        picker.hide();
      });
      picker.onDidTriggerItemButton(({ item, button }) => {
        const { file } = item;
        const kind = this.#buttons.find((one) => one === button)?.kind;
        if (file === undefined || kind === undefined) return;
        if (kind === "reveal") {
          void vscode.commands.executeCommand("revealInExplorer", vscode.Uri.file(file));
          return;
        }
        resolve({ kind, file });
        picker.hide();
      });
      picker.onDidHide(() => {
        resolve(undefined);
      });
    });
  }

  /** Looks at the workspace's pictures, some at a time, so that what is there is found meanwhile. */
  async #index(): Promise<void> {
    const { signal } = this.#end;
    try {
      await this.#pictures.look({
        signal,
        onProgress: ({ nDone, nAll, text }, { files }) => {
          if (signal.aborted) return;
          this.#files = files;
          this.#picker.title =
            nDone < nAll ? `${this.#options.title} (${text})` : this.#options.title;
          if (nDone === 0) this.#typed();
        },
      });
    } catch (thrown) {
      if (isCancelled(thrown)) return;
      this.#picker.hide();
      await this.#services.notices.show(thrown);
    } finally {
      this.#isIndexing = false;
    }
    if (signal.aborted) return;
    this.#picker.busy = this.#picker.value.trim() !== "";
    // What was looked at since the last letter is found now.
    this.#typed();
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
      const params = { words, k: MAX_FOUND, rerank: 0 };
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
    const others = matches
      .filter(({ isLikely }) => !isLikely)
      .map(({ file }) => ({ ...item(file), description: doubtText(file) }));
    const all: FoundItem = {
      ...{ label: vscode.l10n.t("Show All Results…"), alwaysShow: true, isAll: true },
      iconPath: new vscode.ThemeIcon("list-selection"),
    };
    return [
      ...group(vscode.l10n.t("by name"), named.slice(0, MAX_NAMED).map(item)),
      ...group(vscode.l10n.t("likely"), likely),
      ...group(vscode.l10n.t("less likely"), others),
      ...group("", [all]),
    ];
  }

  #itemOf(file: string): FoundItem {
    const uri = vscode.Uri.file(file);
    return {
      label: path.basename(file),
      description: folderText(file),
      iconPath: uri,
      buttons: [...this.#buttons],
      // The words are what it shows and not what it is called.
      alwaysShow: true,
      file,
    };
  }
}

/** The editor leaves headings out while somebody types. */
function doubtText(file: string): string {
  const folder = folderText(file);
  const doubt = vscode.l10n.t("less likely");
  return folder === "" ? doubt : `${folder} · ${doubt}`;
}
