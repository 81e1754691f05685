/** Texts for the pictures of whole folders, or of files that were chosen, that nobody wrote one for. */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import { mayHaveImages } from "../../alt/formats/findContext";
import { languageOfDocument } from "../../alt/languages";
import { LinePositions } from "../../alt/linePositions";
import {
  altOwner,
  findMarked,
  isOffered,
  marksOf,
  type FoundImages,
} from "../../host/documents/altPlan";
import { describeAndWrite } from "../review/altBatch";
import { fileName } from "./altDocument";
import { addPending, type PendingOfDocument } from "../review/altPending";
import { ListedLookup } from "../pictures/fileLookup";
import { allDocuments, openAt, textOf } from "./documentTexts";
import { MAX_DOCUMENTS } from "./folderDocuments";
import { withDelayedProgress, type CancellableRun } from "../shell/delayedProgress";
import { displayLocale } from "../shell/numbers";
import type { Services } from "../shell/services";
import { languageAround } from "../review/writingNotes";

/** Documents that are read at the same time. */
const N_READ_AHEAD = 16;

/**
 * Describes the pictures without a text in folders and documents; shows the texts by file, and writes
 * those that the person keeps with one edit, which each file's undo takes back there.
 * @param args what the Explorer's menu gives; without any the workspace's folder.
 * @throws AppError `document.missing`, `document.unwritable`, or as `describeAndWrite`.
 */
export async function generateAltTextInFolders(
  services: Services,
  args: readonly unknown[],
): Promise<void> {
  const chosen = await chosenUris(args);
  if (chosen.length === 0) return;
  for (const uri of chosen) requireWritable(uri);
  const title = vscode.l10n.t("Looking for pictures without a text");
  const search = await withDelayedProgress(title, (run) => searchAll(services, chosen, run));
  if (search === undefined) return;
  if (search.isCut) void vscode.window.showWarningMessage(cutText());
  if (search.images.length + search.failures.length === 0) {
    const text = vscode.l10n.t(
      "Documents: {0}, pictures: {1}; none without a text.",
      search.nDocuments,
      search.nImages,
    );
    void vscode.window.showInformationMessage(text);
    return;
  }
  await describeAndWrite(services, search);
}

/** What a search found; without the documents' texts, so that thousands of them do no harm. */
interface Search extends PendingOfDocument {
  nDocuments: number;
  nImages: number;
  /** A folder has more documents than are looked through. */
  isCut: boolean;
}

function cutText(): string {
  return vscode.l10n.t(
    "The folder has more than {0} documents, and only {0} of them were searched. Choose its subfolders one after the other for the rest.",
    MAX_DOCUMENTS.toLocaleString(displayLocale()),
  );
}

/** Folders and files of the Explorer: the one that was clicked, or all that are selected. */
async function chosenUris(args: readonly unknown[]): Promise<readonly vscode.Uri[]> {
  const [first, all] = args;
  const several = Array.isArray(all) && all.length > 0 ? (all as readonly unknown[]) : [first];
  const uris = several.filter((uri): uri is vscode.Uri => uri instanceof vscode.Uri);
  if (uris.length > 0) return uris;
  const folders = vscode.workspace.workspaceFolders ?? [];
  const [only] = folders;
  if (only === undefined) {
    throw new AppError("document.missing", vscode.l10n.t("No folder is open. Open one first."));
  }
  if (folders.length === 1) return [only.uri];
  const folder = await vscode.window.showWorkspaceFolderPick();
  return folder === undefined ? [] : [folder.uri];
}

/** @throws AppError `document.unwritable`, before any work. */
function requireWritable(uri: vscode.Uri): void {
  if (vscode.workspace.fs.isWritableFileSystem(uri.scheme) !== false) return;
  throw new AppError(
    "document.unwritable",
    vscode.l10n.t("{0} cannot be changed. It may be read-only.", fileName(uri)),
  );
}

/** Undefined when the person did not want to wait for it. */
async function searchAll(
  services: Services,
  chosen: readonly vscode.Uri[],
  run: CancellableRun,
): Promise<Search | undefined> {
  const { signal } = run;
  const { documents, isCut } = await allDocuments(chosen, signal);
  const counts = { nDocuments: documents.length, nImages: 0 };
  const search: Search = { images: [], failures: [], ...counts, isCut };
  const lookup = new ListedLookup();
  for (let start = 0; start < documents.length; start += N_READ_AHEAD) {
    const batch = documents.slice(start, start + N_READ_AHEAD);
    const words = vscode.l10n.t("{0} of {1} documents", start, documents.length);
    run.report(words, start / documents.length);
    const texts = await Promise.all(batch.map((uri) => textOf(services, uri)));
    for (const [index, uri] of batch.entries()) {
      if (signal.aborted) return undefined;
      const text = texts[index];
      if (text instanceof AppError) search.failures.push(failureOf(uri, text));
      else await searchText(services, { uri, text: text ?? "", lookup }, search);
    }
  }
  return signal.aborted ? undefined : search;
}

interface DocumentText {
  readonly uri: vscode.Uri;
  readonly text: string;
  readonly lookup: ListedLookup;
}

/** Adds the pictures of a document that nobody wrote a text for. */
async function searchText(
  services: Services,
  { uri, text, lookup }: DocumentText,
  search: Search,
): Promise<void> {
  const components = services.settings.altComponents(uri);
  const language = languageOfDocument(openAt(uri)?.languageId ?? "", uri.path);
  if (language === undefined || !mayHaveImages(text, components)) return;
  try {
    const { findImages } = await import("../../alt/formats/findImages");
    const references = findImages(text, language, { components, name: fileName(uri) });
    search.nImages += references.length;
    const found = { text, references };
    const document = { uri, getText: () => text };
    const marks = marksOf(found);
    const lines = new LinePositions(text);
    for (const [index, reference] of references.entries()) {
      const mark = marks[index];
      if (mark === undefined || altOwner(reference) !== "nobody" || !isOffered(reference)) continue;
      // Which picture it is only the running program knows, so there is none to describe.
      if (reference.target.kind === "dynamic") continue;
      const { line } = lines.rangeOf(reference.span).start;
      const again = (current: FoundImages): ReturnType<typeof findMarked> =>
        findMarked(mark, current);
      const around = languageAround({ document, found, reference });
      const wanted = { reference, line, language: around, again };
      await addPending(services, { document, wanted, lookup }, search);
    }
  } catch (thrown) {
    search.failures.push(failureOf(uri, AppError.from(thrown)));
  }
}

function failureOf(uri: vscode.Uri, error: AppError): PendingOfDocument["failures"][number] {
  return { image: { uri, line: 0, words: fileName(uri) }, error };
}
