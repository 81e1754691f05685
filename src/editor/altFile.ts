/** Texts for many pictures of a document: which ones, the work, a look at the results, one edit. */

import * as vscode from "vscode";
import { AppError, isCancelled } from "../base/errors";
import { altProblem, isLongAlt } from "../alt/altText";
import { setAlt } from "../alt/editAlt";
import { altOwner, type FoundImages } from "../host/altPlan";
import { altTexts } from "../host/describer";
import { inARow, plainLabel, twoLines, type Choice } from "./altChoice";
import { failSilentModel, lengthNote, reportingEngine, say } from "./altDescribing";
import { changeImages, fileName, findInDocument, type DocumentImage } from "./altDocument";
import { askToFetch, placeOf, readPlace, refuseRemote, type PicturePlace } from "./altPicture";
import { placeWords, problemWords } from "./altWords";
import { modelLimits } from "./modelLimits";
import { withLateProgress, type CancellableRun } from "./lateProgress";
import type { Services } from "./services";

/** Leaves room for the picture's name behind it. */
const FIRST_LINE_CHARACTERS = 58;

/**
 * Writes texts for the pictures of the active document that a person chooses, after showing them, in
 * one step of undo. What is decorative, or computed by the program, is left alone.
 * @throws AppError as `findInDocument`, `changeImages`, or why a picture has no text.
 */
export async function generateAltTextForFile(services: Services): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  if (document === undefined) {
    throw new AppError(
      "document.missing",
      vscode.l10n.t("No document is open. Open one that has pictures in it."),
    );
  }
  const found = await findInDocument(services, document);
  const wanted = await chooseImages(document, found);
  if (wanted === undefined || wanted.length === 0) return;
  const { drafts, failures } = await describeAll(services, wanted);
  if (failures.length > 0) void services.notices.show(failureOf(failures));
  if (drafts.length === 0) return;
  const accepted = await reviewDrafts(drafts, modelLimits(services.engine.status)?.text);
  if (accepted === undefined || accepted.length === 0) return;
  await changeImages(
    services,
    accepted.map(({ image, alt }) => ({
      image,
      edits: (text, reference) => setAlt(text, reference, alt),
    })),
  );
  tellWritten(accepted);
}

/** A text for a picture that is not in the document yet. */
interface Draft {
  readonly image: DocumentImage;
  readonly alt: string;
}

/** Which pictures; undefined when the person changed their mind or there are none. */
async function chooseImages(
  document: vscode.TextDocument,
  found: FoundImages,
): Promise<readonly DocumentImage[] | undefined> {
  const choices = found.references
    .map((reference): DocumentImage => ({ document, found, reference }))
    .filter(({ reference }) => ["nobody", "person"].includes(altOwner(reference)))
    .map(imageChoice);
  if (choices.length === 0) {
    const text = vscode.l10n.t("{0} has no picture that needs a text.", fileName(document.uri));
    void vscode.window.showInformationMessage(text);
    return undefined;
  }
  const chosen = await vscode.window.showQuickPick(choices, {
    title: vscode.l10n.t("Generate alt text for which pictures?"),
    placeHolder: vscode.l10n.t("Texts that somebody wrote are replaced only where you say so"),
    canPickMany: true,
    matchOnDescription: true,
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  return chosen?.map(({ value }) => value);
}

function imageChoice(image: DocumentImage): Choice<DocumentImage> {
  const { reference } = image;
  const problem = altProblem(reference);
  // A picture that only the running program knows, or that is fetched first, is not taken unasked.
  const isNear =
    reference.target.kind !== "dynamic" && !/^(?:https?:)?\/\//i.test(reference.target.value);
  return {
    label: plainLabel(placeWords(image)),
    description: plainLabel(reference.alt ?? ""),
    ...(problem === null ? {} : { detail: problemWords(problem) }),
    picked: altOwner(reference) === "nobody" && isNear,
    value: image,
  };
}

interface Described {
  readonly drafts: readonly Draft[];
  readonly failures: readonly AppError[];
}

/** Texts as far as the work got: a cancel keeps what is done. */
async function describeAll(
  services: Services,
  images: readonly DocumentImage[],
): Promise<Described> {
  const failures: AppError[] = [];
  const jobs = await findPlaces(services, images, failures);
  const drafts: Draft[] = [];
  const known = new Map<string, string>();
  await withLateProgress(vscode.l10n.t("Describing pictures"), async (run) => {
    for (const [index, { image, place }] of jobs.entries()) {
      if (run.signal.aborted) return;
      run.report(
        vscode.l10n.t("{0} of {1}: {2}", index + 1, jobs.length, placeWords(image)),
        index / jobs.length,
      );
      try {
        const key = placeKey(place);
        const alt = known.get(key) ?? (await describe(services, place, run));
        known.set(key, alt);
        drafts.push({ image, alt });
      } catch (thrown) {
        if (isCancelled(thrown)) return;
        const failure = AppError.from(thrown);
        failures.push(failure);
        // Only another picture can succeed where this one failed; the engine fails for all.
        if (!failure.code.startsWith("image.")) return;
      }
    }
  });
  return { drafts, failures };
}

interface Job {
  readonly image: DocumentImage;
  readonly place: PicturePlace;
}

/** Where the pictures are; asks once for all that would be fetched. */
async function findPlaces(
  services: Services,
  images: readonly DocumentImage[],
  failures: AppError[],
): Promise<readonly Job[]> {
  const jobs: Job[] = [];
  for (const image of images) {
    try {
      const place = await placeOf(services, image);
      if (place.kind === "remote") refuseRemote(services, image, place.url);
      jobs.push({ image, place });
    } catch (thrown) {
      failures.push(AppError.from(thrown));
    }
  }
  const urls = jobs.flatMap(({ place }) => (place.kind === "remote" ? [place.url] : []));
  const mayFetch = await askToFetch(urls);
  return jobs.filter(({ place }) => mayFetch || place.kind !== "remote");
}

async function describe(
  services: Services,
  place: PicturePlace,
  run: CancellableRun,
): Promise<string> {
  const { signal } = run;
  const picture = await readPlace(services, place, signal);
  const [text] = await reportingEngine(services, run, () =>
    altTexts(services.engine, picture, { signal }),
  );
  return text ?? failSilentModel();
}

function placeKey(place: PicturePlace): string {
  switch (place.kind) {
    case "file":
      return place.uri.toString();
    case "data":
      return place.uri;
    case "remote":
      return place.url.href;
  }
}

function failureOf(failures: readonly AppError[]): AppError {
  const [first = new AppError("internal", "Nothing failed.")] = failures;
  if (failures.length === 1) return first;
  const text = vscode.l10n.t(
    "{0} pictures have no text. The first: {1}",
    failures.length,
    first.message,
  );
  const { code, detail } = first;
  return new AppError(code, text, { cause: first, ...(detail === undefined ? {} : { detail }) });
}

interface DraftItem extends vscode.QuickPickItem {
  readonly index: number;
}

/** Set while the texts are looked at; the buttons of rows are out of the keyboard's reach. */
let changeActive: (() => void) | undefined;

/** Lets the text of the row under the keyboard be changed; does nothing when no texts are shown. */
export function changeReviewedText(): void {
  changeActive?.();
}

/**
 * Shows the texts beside those that they replace; each can be left out or changed first. Undefined
 * when the person closed the list.
 * @param limits what the model that wrote them does not know.
 */
async function reviewDrafts(
  drafts: readonly Draft[],
  limits: string | undefined,
): Promise<readonly Draft[] | undefined> {
  let current = [...drafts];
  let picked = new Set(drafts.keys());
  for (;;) {
    const answer = await showDrafts(current, picked, limits);
    if (answer === undefined) return undefined;
    picked = new Set(answer.picked);
    const { edited } = answer;
    if (edited === undefined) return current.filter((_, index) => picked.has(index));
    current = await editDraft(current, edited);
  }
}

interface Answer {
  readonly picked: readonly number[];
  /** The text that is to be changed by hand before the list is shown again. */
  readonly edited: number | undefined;
}

async function showDrafts(
  drafts: readonly Draft[],
  picked: ReadonlySet<number>,
  limits: string | undefined,
): Promise<Answer | undefined> {
  const list = vscode.window.createQuickPick<DraftItem>();
  const edit = {
    iconPath: new vscode.ThemeIcon("edit"),
    tooltip: vscode.l10n.t("Change the text"),
  };
  list.title = [vscode.l10n.t("Write these alt texts?"), limits ?? ""].join(" ").trim();
  list.placeholder = vscode.l10n.t(
    "Enter writes the checked texts, F2 changes one; nothing is written before",
  );
  list.canSelectMany = true;
  list.ignoreFocusOut = true;
  list.matchOnDescription = true;
  list.matchOnDetail = true;
  list.items = drafts.map((draft, index) => ({ ...draftItem(draft), index, buttons: [edit] }));
  list.selectedItems = list.items.filter(({ index }) => picked.has(index));
  const setReviewing = (isReviewing: boolean): Thenable<unknown> =>
    vscode.commands.executeCommand("setContext", "sightline.isReviewing", isReviewing);
  void setReviewing(true);
  try {
    return await new Promise((resolve) => {
      const indexes = (): readonly number[] => list.selectedItems.map(({ index }) => index);
      list.onDidAccept(() => {
        resolve({ picked: indexes(), edited: undefined });
      });
      list.onDidTriggerItemButton(({ item }) => {
        resolve({ picked: indexes(), edited: item.index });
      });
      changeActive = () => {
        const [active] = list.activeItems;
        if (active !== undefined) resolve({ picked: indexes(), edited: active.index });
      };
      list.onDidHide(() => {
        resolve(undefined);
      });
      list.show();
    });
  } finally {
    changeActive = undefined;
    void setReviewing(false);
    list.dispose();
  }
}

function draftItem({ image, alt }: Draft): vscode.QuickPickItem {
  const before = image.reference.alt ?? "";
  const now = before === "" ? vscode.l10n.t("no text now") : vscode.l10n.t("now: {0}", before);
  const [first, rest] = twoLines(alt, FIRST_LINE_CHARACTERS);
  return {
    label: plainLabel(first),
    description: plainLabel(placeWords(image)),
    detail: plainLabel(inARow(rest, lengthNote(alt), now)),
  };
}

async function editDraft(drafts: readonly Draft[], index: number): Promise<Draft[]> {
  const draft = drafts[index];
  if (draft === undefined) return [...drafts];
  const alt = await vscode.window.showInputBox({
    title: placeWords(draft.image),
    value: draft.alt,
    ignoreFocusOut: true,
    validateInput: (text) => lengthWarning(text),
  });
  if (alt === undefined || alt.trim() === "") return [...drafts];
  return drafts.map((other, at) => (at === index ? { ...other, alt: alt.trim() } : other));
}

function lengthWarning(text: string): vscode.InputBoxValidationMessage | undefined {
  const message = lengthNote(text);
  if (message === undefined) return undefined;
  return { message, severity: vscode.InputBoxValidationSeverity.Info };
}

function tellWritten(written: readonly Draft[]): void {
  const nLong = written.filter(({ alt }) => isLongAlt(alt)).length;
  const count = vscode.l10n.t("Alt texts written: {0}.", written.length);
  const long = vscode.l10n.t("Long ones, to be read again: {0}.", nLong);
  say(nLong === 0 ? count : `${count} ${long}`);
}
