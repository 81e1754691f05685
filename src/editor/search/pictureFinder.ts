/** A list of pictures by what they show, while somebody types. */

import * as path from "node:path";
import * as vscode from "vscode";
import { AppError, isCancelled } from "../../base/errors";
import { group } from "../shell/listGroup";
import type { LookProgress } from "../../host/search/lookAtPictures";
import { LiteralTexts } from "../../host/search/literalMatches";
import type { Services } from "../shell/services";
import type { KnownTexts } from "./knownTexts";
import { folderText } from "../indexing/searchPlaces";
import { lookText, type WorkspacePictures } from "../indexing/workspacePictures";

/** Between two letters of somebody who types, in ms. */
const TYPING_MS = 250;
/** As many as a list of this kind is read. */
const MAX_FOUND = 30;
/** By name, and by text. */
const MAX_LITERAL = 10;

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

/** What a finder searches. */
export interface FinderParts {
  readonly services: Services;
  readonly pictures: Pick<WorkspacePictures, "look">;
  readonly texts: Pick<KnownTexts, "gather">;
}

interface Found {
  readonly file: string;
  readonly isLikely: boolean;
}

export class PictureFinder {
  readonly #parts: FinderParts;
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
  #names = new LiteralTexts([]);
  #texts = new LiteralTexts([]);
  #textOf: ReadonlyMap<string, string> = new Map();
  /** What the model found last; it stays until other words have an answer. */
  #found: { readonly matches: readonly Found[] } | undefined;
  /** Where somebody has gone down the list. */
  #walkedTo: FoundItem | undefined;
  #isIndexing = true;
  #typing: NodeJS.Timeout | undefined;
  #search: AbortController | undefined;

  constructor(parts: FinderParts, options: FinderOptions) {
    this.#parts = parts;
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
    picker.keepScrollPosition = true;
    const chosen = this.#chosen();
    picker.onDidChangeValue(() => {
      this.#typed();
    });
    picker.show();
    void this.#index();
    void this.#gatherTexts();
    try {
      return await chosen;
    } finally {
      this.#end.abort();
      this.#search?.abort();
      clearTimeout(this.#typing);
      picker.dispose();
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
      await this.#parts.pictures.look({
        signal,
        onProgress: (progress) => {
          this.#take(progress);
        },
      });
    } catch (thrown) {
      if (isCancelled(thrown)) return;
      this.#picker.hide();
      await this.#parts.services.notices.show(thrown);
    } finally {
      this.#isIndexing = false;
    }
    if (signal.aborted) return;
    this.#picker.title = this.#options.title;
    this.#picker.busy = this.#picker.value.trim() !== "";
    // What was looked at since the last letter is found now.
    this.#findSoon();
  }

  #take(progress: LookProgress): void {
    const { files, nLeft } = progress;
    const { title } = this.#options;
    this.#picker.title = nLeft > 0 ? `${title} (${lookText(progress)})` : title;
    if (files === this.#files) return;
    this.#files = files;
    this.#names = new LiteralTexts(files.map((file) => ({ file, text: path.basename(file) })));
    this.#showMore();
    this.#findSoon();
  }

  /** Texts are a help beside the names; without them the list is as good as it was before. */
  async #gatherTexts(): Promise<void> {
    try {
      const texts = await this.#parts.texts.gather(this.#end.signal);
      this.#texts = new LiteralTexts(texts);
      this.#textOf = new Map(texts.map(({ file, text }) => [file, text]));
      if (!this.#end.signal.aborted) this.#showMore();
    } catch (thrown) {
      if (!isCancelled(thrown)) this.#parts.services.log.warn(AppError.from(thrown).message);
    }
  }

  #typed(): void {
    this.#walkedTo = undefined;
    this.#show();
    this.#findSoon();
  }

  #findSoon(): void {
    clearTimeout(this.#typing);
    this.#search?.abort();
    if (this.#picker.value.trim() === "") return;
    this.#picker.busy = true;
    this.#typing = setTimeout(() => void this.#find(this.#picker.value), TYPING_MS);
  }

  async #find(words: string): Promise<void> {
    const search = new AbortController();
    this.#search = search;
    try {
      const params = { words, k: MAX_FOUND, rerank: 0 };
      const { signal } = search;
      const { engine } = this.#parts.services;
      const { matches } = await engine.call("findPictures", params, { signal });
      if (signal.aborted || this.#end.signal.aborted) return;
      this.#found = { matches };
      this.#showMore();
    } catch (thrown) {
      if (!isCancelled(thrown)) this.#parts.services.log.warn(AppError.from(thrown).message);
    } finally {
      const isLatest = this.#search === search && !this.#end.signal.aborted;
      if (isLatest) this.#picker.busy = this.#isIndexing;
    }
  }

  /** Names and texts at once, with each letter; beside them what the model found last. */
  #show(): void {
    const typed = this.#picker.value.trim();
    if (typed !== "") {
      this.#draw(this.#itemsOf(typed));
      return;
    }
    this.#found = undefined;
    const some = this.#files.slice(0, MAX_FOUND).map((file) => this.#itemOf(file));
    this.#draw(group(vscode.l10n.t("in the workspace"), some));
  }

  /** A list that is there already stays: one that is drawn anew forgets a key that was pressed meanwhile. */
  #draw(items: readonly FoundItem[]): void {
    const there = this.#picker.items;
    const isThere =
      items.length === there.length && items.every((item, i) => isSame(item, there[i]));
    if (!isThere) this.#picker.items = items;
  }

  /**
   * Where somebody has gone down the list, what comes later does not take them back; on the first line they stay on
   * the first. The editor tells a moment late where they are, until then by an item that was replaced.
   */
  #showMore(): void {
    const picker = this.#picker;
    const [active] = picker.activeItems;
    const lines = picker.items.filter(isLine);
    if (active !== undefined && lines.includes(active)) {
      this.#walkedTo = active === lines[0] ? undefined : active;
    }
    this.#show();
    const walkedTo = this.#walkedTo;
    if (walkedTo === undefined) return;
    const again = picker.items.find((item) => isLine(item) && item.file === walkedTo.file);
    if (again !== undefined) picker.activeItems = [again];
  }

  /**
   * Names first, because somebody who types one means it. The order within a group is the search's, and each picture
   * stands once, because headings are left out while somebody types.
   */
  #itemsOf(typed: string): FoundItem[] {
    const there = new Set(this.#files);
    const shown = new Set<string>();
    const take = <T extends { readonly file: string }>(found: readonly T[]): readonly T[] =>
      found.filter(({ file }) => !shown.has(file) && shown.add(file));
    const item = ({ file }: { readonly file: string }): FoundItem => this.#itemOf(file);
    const named = take(this.#names.matching(typed, MAX_LITERAL)).map(item);
    const said = this.#texts.matching(typed, MAX_LITERAL).filter(({ file }) => there.has(file));
    const described = take(said).map(({ file, text }) => ({ ...this.#itemOf(file), detail: text }));
    const matches = take(this.#found?.matches ?? []);
    const likely = matches.filter(({ isLikely }) => isLikely).map(item);
    const others = matches
      .filter(({ isLikely }) => !isLikely)
      .map(({ file }) => ({ ...this.#itemOf(file), description: doubtText(file) }));
    const all: FoundItem = {
      ...{ label: vscode.l10n.t("Show All Results…"), alwaysShow: true, isAll: true },
      iconPath: new vscode.ThemeIcon("list-selection"),
    };
    return [
      ...group(vscode.l10n.t("by name"), named),
      ...group(vscode.l10n.t("by alt text"), described),
      ...group(vscode.l10n.t("likely"), likely),
      ...group(vscode.l10n.t("less likely"), others),
      ...group("", [all]),
    ];
  }

  #itemOf(file: string): FoundItem {
    const uri = vscode.Uri.file(file);
    const text = this.#textOf.get(file);
    return {
      label: path.basename(file),
      description: folderText(file),
      iconPath: uri,
      buttons: [...this.#buttons],
      // The words are what it shows and not what it is called.
      alwaysShow: true,
      file,
      ...(text === undefined ? {} : { detail: text }),
    };
  }
}

/** What somebody sees of them; a file has one icon. */
function isSame(a: FoundItem, b: FoundItem | undefined): boolean {
  return (
    a.kind === b?.kind &&
    a.file === b?.file &&
    a.label === b?.label &&
    a.description === b.description &&
    a.detail === b.detail
  );
}

/** And no heading. */
function isLine({ kind }: FoundItem): boolean {
  return kind !== vscode.QuickPickItemKind.Separator;
}

/** The editor leaves headings out while somebody types. */
function doubtText(file: string): string {
  const folder = folderText(file);
  const doubt = vscode.l10n.t("less likely");
  return folder === "" ? doubt : `${folder} · ${doubt}`;
}
