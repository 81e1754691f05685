/** The view of found pictures: runs one search at a time, shows what it finds, and does what is pressed there. */

import * as path from "node:path";
import * as vscode from "vscode";
import { isCancelled } from "../../base/errors";
import {
  type FromResults,
  type GroupAction,
  type ItemAction,
  readFromResults,
  type ResultProgress,
  type ResultsView,
  type ToResults,
} from "../../protocol/views/resultsMessages";
import { PagePanel } from "../shell/pagePanel";
import type { Services } from "../shell/services";
import { resultsStrings } from "./resultsStrings";
import { Thumbnails } from "./thumbnails";
import { folderText } from "../indexing/searchPlaces";
import type { SkippedPicture } from "../../host/search/lookAtPictures";

export interface FoundFile {
  readonly file: string;
  /** What else is to be said of it. */
  readonly detail?: string;
}

export interface FoundGroup {
  readonly id: string;
  /** Absent where the section has one group. */
  readonly title?: string;
  readonly actions: readonly GroupAction[];
  readonly files: readonly FoundFile[];
}

export interface FoundSection {
  readonly id: string;
  readonly title: string;
  readonly isFolded: boolean;
  readonly groups: readonly FoundGroup[];
}

/** What a search tells while it runs. */
export interface SearchRun {
  readonly signal: AbortSignal;
  readonly show: (sections: readonly FoundSection[], skipped: readonly SkippedPicture[]) => void;
  readonly progress: (progress: ResultProgress) => void;
  /** These fit less than was thought; they keep their places. */
  readonly doubt: (files: readonly string[]) => void;
  /** Said to everybody, read aloud too. */
  readonly tell: (text: string) => void;
}

export interface Search {
  readonly title: string;
  /** What can be done with each of its pictures. */
  readonly actions: readonly ItemAction[];
  readonly run: (run: SearchRun) => Promise<void>;
  /** Ends the looking, so that what is there is shown; false when the search itself is to end. */
  readonly stop?: () => boolean;
  /** A button of a group; true when the search is to be run again. */
  readonly actOnGroup?: (groupId: string, action: GroupAction) => Promise<boolean>;
}

/** What the buttons of a picture do. */
export type ItemDeeds = Readonly<Record<ItemAction, (file: string) => Promise<void>>>;

interface Running {
  readonly id: string;
  readonly search: Search;
  readonly end: AbortController;
  readonly idOf: Map<string, string>;
  readonly files: Map<string, string>;
}

export class ResultsPanel implements vscode.Disposable {
  readonly #services: Services;
  readonly #deeds: ItemDeeds;
  readonly #panel: PagePanel<FromResults, ToResults>;
  readonly #thumbnails: Thumbnails;
  #nth = 0;
  #nTold = 0;
  #running: Running | undefined;
  #view: ResultsView | undefined;
  #progress: ResultProgress | undefined;
  #doubted: string[] = [];
  #isStale = false;

  constructor(services: Services, deeds: ItemDeeds) {
    this.#services = services;
    this.#deeds = deeds;
    this.#thumbnails = new Thumbnails(services);
    this.#panel = new PagePanel<FromResults, ToResults>({
      services,
      viewType: "sightline.results",
      name: "results",
      title: vscode.l10n.t("Pictures"),
      strings: resultsStrings(),
      read: readFromResults,
      receive: (message) => this.#receive(message),
      closed: () => {
        this.#running?.end.abort();
        this.#running = undefined;
      },
    });
  }

  /** Opens the view and searches; what was searched before ends. */
  async show(search: Search): Promise<void> {
    this.#running?.end.abort();
    const running: Running = {
      ...{ id: String(++this.#nth), search, end: new AbortController() },
      ...{ idOf: new Map<string, string>(), files: new Map<string, string>() },
    };
    this.#running = running;
    this.#view = undefined;
    this.#doubted = [];
    this.#panel.show(search.title);
    await this.#run(running);
  }

  /** Files have changed: what is shown may not be what is there. */
  becameStale(): void {
    if (this.#view === undefined || !this.#panel.isOpen) return;
    this.#isStale = true;
    this.#panel.post({ type: "becameStale" });
  }

  dispose(): void {
    this.#running?.end.abort();
    this.#panel.dispose();
  }

  async #run(running: Running): Promise<void> {
    const { search, end } = running;
    const isCurrent = (): boolean => this.#running === running && !end.signal.aborted;
    this.#isStale = false;
    try {
      await search.run({
        signal: end.signal,
        show: (sections, skipped) => {
          if (isCurrent()) this.#show(running, sections, skipped);
        },
        progress: (progress) => {
          if (isCurrent()) this.#setProgress(progress);
        },
        doubt: (files) => {
          if (isCurrent()) this.#doubt(running, files);
        },
        tell: (text) => {
          if (isCurrent()) this.#panel.post({ type: "told", text, nth: ++this.#nTold });
        },
      });
    } catch (thrown) {
      if (!isCancelled(thrown)) await this.#services.notices.show(thrown);
    } finally {
      if (this.#running === running) this.#setProgress(undefined);
    }
  }

  #show(
    running: Running,
    sections: readonly FoundSection[],
    skipped: readonly SkippedPicture[],
  ): void {
    const items = (group: FoundGroup) =>
      group.files.map(({ file, detail }) => ({
        id: this.#itemId(running, group.id, file),
        name: path.basename(file),
        folder: folderText(file),
        ...(detail === undefined ? {} : { detail }),
      }));
    this.#view = {
      ...{ id: running.id, title: running.search.title, actions: running.search.actions },
      sections: sections.map((section) => ({
        ...{ id: section.id, title: section.title, isFolded: section.isFolded },
        groups: section.groups.map((group) => ({
          ...{ id: group.id, actions: group.actions, items: items(group) },
          ...(group.title === undefined ? {} : { title: group.title }),
        })),
      })),
      skipped: skipped.map(({ file, why }) => ({
        file: vscode.workspace.asRelativePath(vscode.Uri.file(file)),
        why,
      })),
    };
    this.#panel.post({ type: "resultsReplaced", results: this.#view });
  }

  /** The same for a file as long as the search is the same, so that its small copy stays. */
  #itemId({ idOf, files }: Running, groupId: string, file: string): string {
    const key = `${groupId}\n${file}`;
    const id = idOf.get(key) ?? String(idOf.size);
    idOf.set(key, id);
    files.set(id, file);
    return id;
  }

  #setProgress(progress: ResultProgress | undefined): void {
    this.#progress = progress;
    this.#panel.post({
      type: "progressChanged",
      ...(progress === undefined ? {} : { progress }),
    });
  }

  #doubt({ files }: Running, doubted: readonly string[]): void {
    const wanted = new Set(doubted);
    const itemIds = [...files].flatMap(([id, file]) => (wanted.has(file) ? [id] : []));
    this.#doubted.push(...itemIds);
    this.#panel.post({ type: "itemsDoubted", itemIds });
  }

  async #receive(message: FromResults): Promise<void> {
    const running = this.#running;
    switch (message.type) {
      case "ready":
        this.#greet();
        return;
      case "act": {
        const file = running?.files.get(message.itemId);
        if (file !== undefined) await this.#deeds[message.action](file);
        return;
      }
      case "actOnGroup": {
        const act = running?.search.actOnGroup;
        if (act !== undefined && (await act(message.groupId, message.action))) await this.#again();
        return;
      }
      case "wantThumbnails":
        await this.#makeThumbnails(message.itemIds);
        return;
      case "stop":
        if (running?.search.stop?.() !== true) running?.end.abort();
        return;
      case "again":
        await this.#again();
        return;
    }
  }

  /** The same search once more; the page keeps its place. */
  async #again(): Promise<void> {
    const before = this.#running;
    if (before === undefined) return;
    before.end.abort();
    this.#doubted = [];
    const running = { ...before, end: new AbortController() };
    this.#running = running;
    await this.#run(running);
  }

  #greet(): void {
    if (this.#view !== undefined) {
      this.#panel.post({ type: "resultsReplaced", results: this.#view });
      this.#panel.post({ type: "itemsDoubted", itemIds: this.#doubted });
    }
    this.#setProgress(this.#progress);
    if (this.#isStale) this.#panel.post({ type: "becameStale" });
  }

  async #makeThumbnails(itemIds: readonly string[]): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    const isCurrent = (): boolean => this.#running?.id === running.id;
    const make = async (itemId: string): Promise<void> => {
      const file = running.files.get(itemId);
      if (file === undefined || !isCurrent()) return;
      const thumbnail = await this.#thumbnails.of(vscode.Uri.file(file));
      if (!isCurrent()) return;
      this.#panel.post({
        ...{ type: "thumbnailMade", itemId },
        ...(thumbnail === undefined ? {} : { thumbnail }),
      });
    };
    await this.#thumbnails.inTurn(itemIds, make);
  }
}
