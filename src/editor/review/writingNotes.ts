/** What a person should know before a model's texts are written: above a list of them, or once a window. */

import * as vscode from "vscode";
import type { ImageReference } from "../../alt/imageReference";
import { isEnglish, languagesOf } from "../../alt/wording/pageLanguage";
import { getModelLabel, modelLimits } from "../models/modelLimits";
import { displayLocale } from "../shell/numbers";
import type { CommandId } from "../shell/commandIds";
import type { Services } from "../shell/services";
import type { FoundImages } from "../../host/documents/altPlan";
import type { EngineApi } from "../../host/service/engine";

/** One sentence, and what can be done about it. */
export interface WritingNote {
  readonly text: string;
  readonly action?: {
    readonly icon: string;
    readonly label: string;
    readonly command: CommandId;
  };
}

/** The language of the page where a text would stand, as in BCP 47; undefined when nothing says it. */
export type PageLanguage = string | undefined;

type NoteSource = (
  services: Pick<Services, "engine">,
  languages: readonly PageLanguage[],
) => WritingNote | undefined;

/** What the model does not know, and where there are others. */
const limits: NoteSource = ({ engine }) => {
  const known = modelLimits(engine.status);
  if (known === undefined) return undefined;
  const command = "sightline.manageModels";
  return { text: known.text, action: { icon: "package", label: getModelLabel(), command } };
};

/** A screen reader reads an English text in a page of another language with that language's sounds. */
const language: NoteSource = (_, languages) => {
  const others = [...new Set(languages)].filter((tag) => !isEnglish(tag ?? vscode.env.language));
  if (others.length === 0) return undefined;
  const named = others.filter((tag) => tag !== undefined);
  if (named.length === 0) return { text: vscode.l10n.t("The model writes English.") };
  const names = new Intl.DisplayNames([displayLocale()], { type: "language" });
  const list = new Intl.ListFormat(displayLocale()).format(
    named.map((tag) => names.of(tag) ?? tag),
  );
  return { text: vscode.l10n.t("The model writes English; the page is in {0}.", list) };
};

/** In the order in which they are read. */
const SOURCES: readonly NoteSource[] = [limits, language];

/**
 * Everything that is to be said about texts.
 * @param languages of the places where they would stand; none for texts that go to no page.
 */
export function writingNotes(
  services: Pick<Services, "engine">,
  languages: readonly PageLanguage[],
): readonly WritingNote[] {
  return SOURCES.flatMap((source) => source(services, languages) ?? []);
}

/** What was said already; an engine lives as long as its window. */
const told = new WeakMap<EngineApi, Set<NoteSource>>();

/** Says what was not said in this window yet about a text that is about to be used. */
export function showNotesOnce(
  services: Pick<Services, "engine">,
  languages: readonly PageLanguage[],
): void {
  const before = told.get(services.engine) ?? new Set();
  told.set(services.engine, before);
  const notes: WritingNote[] = [];
  for (const source of SOURCES) {
    const note = before.has(source) ? undefined : source(services, languages);
    if (note === undefined) continue;
    before.add(source);
    notes.push(note);
  }
  if (notes.length > 0) void show(notes);
}

async function show(notes: readonly WritingNote[]): Promise<void> {
  const advice = vscode.l10n.t("Read what it wrote before you keep it.");
  const text = [...notes.map((note) => note.text), advice].join(" ");
  const actions = notes.flatMap(({ action }) => action ?? []);
  const labels = actions.map(({ label }) => label);
  const chosen = await vscode.window.showWarningMessage(text, ...labels);
  const action = actions.find(({ label }) => label === chosen);
  if (action !== undefined) await vscode.commands.executeCommand(action.command);
}

/** A picture as it stands in a document. */
interface PlacedImage {
  readonly document: Pick<vscode.TextDocument, "uri">;
  readonly found: FoundImages;
  readonly reference: ImageReference;
}

/** Read once for each version of a document, however many pictures are in it. */
const readers = new WeakMap<FoundImages, ReturnType<typeof languagesOf>>();

/** The language of the page around a picture. */
export function languageAround({ document, found, reference }: PlacedImage): PageLanguage {
  const { language } = reference;
  const path = vscode.workspace.asRelativePath(document.uri, false);
  const read = readers.get(found) ?? languagesOf({ text: found.text, language, path });
  readers.set(found, read);
  return read(reference.span.start);
}
