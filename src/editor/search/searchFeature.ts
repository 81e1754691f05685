/** The commands that find pictures; loaded with the first of them. */

import * as vscode from "vscode";
import { isPictureName } from "../../model/ask/pictureNames";
import { plainWords, sentenceAt } from "../../host/documents/sentenceAt";
import { previewedPicture, pictureUris } from "../documents/altTarget";
import { showStatus } from "../documents/altDescribing";
import { fileName } from "../documents/altDocument";
import type { SearchCommandId } from "../shell/commandIds";
import { withDelayedProgress } from "../shell/delayedProgress";
import type { FeatureWith } from "../shell/lazyFeature";
import { LastEditor } from "../shell/lastEditor";
import { sizeText } from "../shell/numbers";
import type { Services } from "../shell/services";
import { duplicateSearch } from "./duplicateSearch";
import { insertPicture } from "./insertPicture";
import { FolderAnswers } from "./folderQuestion";
import { KnownTexts } from "./knownTexts";
import { type FinderOptions, PictureFinder } from "./pictureFinder";
import { type ItemDeeds, ResultsPanel } from "./resultsPanel";
import { likenessSearch, wordSearch } from "./searches";
import { expectFolders, localFolders, searchPlaces } from "../indexing/searchPlaces";
import { type WorkspacePictures, workspacePictures } from "../indexing/workspacePictures";

export function createSearch(services: Services): FeatureWith<SearchCommandId> {
  return new SearchFeature(services);
}

class SearchFeature implements FeatureWith<SearchCommandId> {
  readonly commands: FeatureWith<SearchCommandId>["commands"];
  readonly #services: Services;
  readonly #lastEditor = new LastEditor();
  readonly #pictures: WorkspacePictures;
  readonly #texts: KnownTexts;
  readonly #results: ResultsPanel;
  readonly #answers: FolderAnswers;

  constructor(services: Services) {
    this.#services = services;
    this.#pictures = workspacePictures(services);
    this.#texts = new KnownTexts(services);
    this.#results = new ResultsPanel(services, this.#deeds());
    this.#answers = new FolderAnswers(services);
    this.#pictures.onDidChange(() => {
      this.#results.becameStale();
    });
    this.commands = {
      "sightline.findPicture": () => this.#find(),
      "sightline.findSimilarPictures": (...args) => this.#findSimilar(args),
      "sightline.findDuplicatePictures": async () => {
        expectFolders();
        await this.#results.show(duplicateSearch(services, this.#pictures));
      },
      "sightline.insertFittingPicture": () => this.#insertFitting(),
      "sightline.askAboutFolder": (...args) => this.#askAboutFolder(args),
      "sightline.stopOrGoOnIndexing": async () => {
        expectFolders();
        await this.#pictures.stopOrGoOn();
      },
      "sightline.deletePictureIndex": () => this.#deleteIndex(),
    };
  }

  dispose(): void {
    this.#results.dispose();
    this.#answers.dispose();
    this.#pictures.dispose();
    this.#lastEditor.dispose();
  }

  #deeds(): ItemDeeds {
    const run = async (command: string, file: string): Promise<void> => {
      await vscode.commands.executeCommand(command, vscode.Uri.file(file));
    };
    return {
      open: (file) => run("vscode.open", file),
      reveal: (file) => run("revealInExplorer", file),
      insert: (file) => this.#insert(file),
      similar: (file) => this.#results.show(this.#likeness(file)),
      copyPath: async (file) => {
        await vscode.env.clipboard.writeText(file);
        showStatus(vscode.l10n.t("Path copied."));
      },
    };
  }

  #likeness(file: string) {
    return likenessSearch(this.#services, this.#pictures, file);
  }

  #insert(file: string): Promise<void> {
    return insertPicture(this.#services, this.#lastEditor.current, vscode.Uri.file(file));
  }

  #finder(options: FinderOptions): PictureFinder {
    const parts = { services: this.#services, pictures: this.#pictures, texts: this.#texts };
    return new PictureFinder(parts, options);
  }

  async #find(): Promise<void> {
    expectFolders();
    const title = vscode.l10n.t("Find Picture");
    const choice = await this.#finder({ title }).find();
    if (choice === undefined) return;
    const deeds = this.#deeds();
    if (choice.kind === "all") await this.#showAll(choice.words);
    else await deeds[choice.kind === "choose" ? "open" : choice.kind](choice.file);
  }

  async #showAll(words: string): Promise<void> {
    await this.#results.show(wordSearch(this.#services, this.#pictures, words));
  }

  async #findSimilar(args: readonly unknown[]): Promise<void> {
    expectFolders();
    const [named = previewedPicture() ?? (await this.#choose())] = pictureUris(args);
    if (named === undefined) return;
    await this.#results.show(this.#likeness(named.fsPath));
  }

  /** A picture of the workspace, when no menu named one. */
  async #choose(): Promise<vscode.Uri | undefined> {
    const title = vscode.l10n.t("Find Pictures Like…");
    const choice = await this.#finder({ title }).find();
    if (choice === undefined) return undefined;
    if (choice.kind !== "all") return vscode.Uri.file(choice.file);
    await this.#showAll(choice.words);
    return undefined;
  }

  async #insertFitting(): Promise<void> {
    expectFolders();
    const editor = this.#lastEditor.current;
    if (editor === undefined || isPictureName(editor.document.uri.path)) {
      const text = vscode.l10n.t("Put the cursor into a document that can show pictures first.");
      void vscode.window.showInformationMessage(text);
      return;
    }
    const { document, selection } = editor;
    const words = selection.isEmpty
      ? sentenceAt(document.getText(), document.offsetAt(selection.active))
      : plainWords(document.getText(selection));
    const title = vscode.l10n.t("Insert a Picture That Fits");
    const choice = await this.#finder({ title, words }).find();
    if (choice === undefined) return;
    if (choice.kind === "all") await this.#showAll(choice.words);
    else if (choice.kind === "similar") await this.#results.show(this.#likeness(choice.file));
    else await insertPicture(this.#services, editor, vscode.Uri.file(choice.file));
  }

  /** The folder of the Explorer, or one of the window's; each of its pictures is asked about. */
  async #askAboutFolder([first]: readonly unknown[]): Promise<void> {
    expectFolders();
    const folder = first instanceof vscode.Uri ? first : await chooseFolder();
    if (folder === undefined) return;
    const { engine } = this.#services;
    const { exclude } = searchPlaces();
    const { files } = await withDelayedProgress(
      vscode.l10n.t("Looking for pictures"),
      ({ signal }) =>
        engine.call("listPictures", { folders: [folder.fsPath], exclude }, { signal }),
    );
    if (files.length === 0) {
      const text = vscode.l10n.t("There is no picture in {0} and below it.", fileName(folder));
      void vscode.window.showInformationMessage(text);
      return;
    }
    const question = await vscode.window.showInputBox({
      title: vscode.l10n.t("Ask About {0} Pictures", files.length),
      prompt: vscode.l10n.t("One question in English, which is asked about each picture"),
      ignoreFocusOut: true,
    });
    const asked = question?.trim() ?? "";
    if (asked !== "") await this.#answers.ask({ folder, files, question: asked });
  }

  async #deleteIndex(): Promise<void> {
    const { engine } = this.#services;
    const { bytes } = await engine.call("indexSize", {});
    if (bytes === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t("There is no index of pictures."));
      return;
    }
    const remove = vscode.l10n.t("Delete");
    const question = vscode.l10n.t("Delete the index of pictures ({0})?", sizeText(bytes));
    const detail = vscode.l10n.t(
      "It holds what was worked out about the pictures of all folders. They are looked at again before they are found the next time.",
    );
    const options = { modal: true, detail };
    if ((await vscode.window.showWarningMessage(question, options, remove)) !== remove) return;
    const { freedBytes } = await engine.call("deleteIndex", {});
    showStatus(vscode.l10n.t("Index deleted: {0}.", sizeText(freedBytes)));
  }
}

/** The window's only folder, or the one that somebody picks. */
async function chooseFolder(): Promise<vscode.Uri | undefined> {
  const [only, ...others] = localFolders();
  if (others.length === 0) return only?.uri;
  return (await vscode.window.showWorkspaceFolderPick())?.uri;
}
