/** The texts for many pictures, looked at, changed and left out before anything is written. */

import * as vscode from "vscode";
import type { FoundImages } from "../../host/documents/altPlan";
import type { Doubt } from "../../model/ask/request";
import type { ImageReference } from "../../alt/imageReference";
import { inARow, plainLabel } from "./altChoice";
import { lengthNote, lengthWarning } from "../documents/altDescribing";
import { RowReveal } from "../documents/altReveal";
import { pictureIcon, type PictureLocation } from "../documents/altPicture";
import { doubtNote } from "./altStrings";
import { showNotes } from "./reviewNotes";
import type { Services } from "../shell/services";
import { writingNotes, type PageLanguage, type WritingNote } from "./writingNotes";

/** A picture that waits for a text; without its document's text, so that thousands fit into memory. */
export interface PendingImage {
  /** Of the document. */
  readonly uri: vscode.Uri;
  /** Where its reference begins, from zero. */
  readonly line: number;
  /** Line and name, for people. */
  readonly words: string;
  /** The text that is there now. */
  readonly before: string | null;
  readonly place: PictureLocation;
  /** Of the page around it. */
  readonly language: PageLanguage;
  /** Finds it again in the document as it is by then. */
  readonly again: (current: FoundImages) => ImageReference | undefined;
}

/** A text for a picture that is not in the document yet. */
export interface Draft {
  readonly image: PendingImage;
  readonly alt: string;
  /** Why the text may mean nothing; such a text is written only when somebody ticks it. */
  readonly doubts: readonly Doubt[];
}

interface DraftItem extends vscode.QuickPickItem {
  /** Undefined for a heading. */
  readonly index: number | undefined;
}

/** Set while the texts are looked at; the buttons of rows are out of the keyboard's reach. */
let changeActive: (() => void) | undefined;

/** Lets the text of the row under the keyboard be changed; does nothing when no texts are shown. */
export function changeReviewedText(): void {
  changeActive?.();
}

/**
 * Shows the texts with the lines that they belong to, by file when there are several; each can be left
 * out or changed first. Undefined when the person closed the list.
 */
export async function reviewDrafts(
  services: Services,
  drafts: readonly Draft[],
): Promise<readonly Draft[] | undefined> {
  const languages = drafts.map(({ image }) => image.language);
  const notes = writingNotes(services, languages);
  const reveal = new RowReveal();
  let shown: Shown = { drafts, picked: trusted(drafts), active: 0 };
  try {
    for (;;) {
      const answer = await showDrafts(shown, { notes, reveal });
      if (answer === undefined) return undefined;
      const { picked, edited } = answer;
      if (edited === undefined) return shown.drafts.filter((_, index) => picked.has(index));
      const after = await editDraft(shown.drafts, edited);
      // What somebody wrote by hand is meant to be written.
      const isOwn = after[edited]?.alt !== shown.drafts[edited]?.alt;
      const ticked = isOwn ? new Set([...picked, edited]) : picked;
      shown = { drafts: after, picked: ticked, active: edited };
    }
  } finally {
    await reveal.end();
  }
}

/** Indexes of those that nothing is known against. */
function trusted(drafts: readonly Draft[]): ReadonlySet<number> {
  return new Set(drafts.flatMap(({ doubts }, index) => (doubts.length === 0 ? index : [])));
}

/** What the list shows, and where the cursor is in it. */
interface Shown {
  readonly drafts: readonly Draft[];
  readonly picked: ReadonlySet<number>;
  readonly active: number;
}

interface Answer {
  readonly picked: ReadonlySet<number>;
  /** The text that is to be changed by hand before the list is shown again. */
  readonly edited: number | undefined;
}

interface Surroundings {
  readonly notes: readonly WritingNote[];
  readonly reveal: RowReveal;
}

async function showDrafts(
  { drafts, picked, active }: Shown,
  { notes, reveal }: Surroundings,
): Promise<Answer | undefined> {
  const list = vscode.window.createQuickPick<DraftItem>();
  list.title = vscode.l10n.t("Write these alt texts?");
  list.placeholder = vscode.l10n.t("Enter writes, F2 changes a text");
  list.canSelectMany = true;
  list.ignoreFocusOut = true;
  list.matchOnDescription = true;
  list.matchOnDetail = true;
  list.items = draftItems(drafts);
  list.selectedItems = list.items.filter(({ index }) => index !== undefined && picked.has(index));
  list.activeItems = list.items.filter(({ index }) => index === active);
  const setReviewing = (isReviewing: boolean): Thenable<unknown> =>
    vscode.commands.executeCommand("setContext", "sightline.isReviewing", isReviewing);
  void setReviewing(true);
  try {
    return await new Promise((resolve) => {
      const indexes = (): ReadonlySet<number> =>
        new Set(list.selectedItems.flatMap(({ index }) => index ?? []));
      const edit = (index: number | undefined): void => {
        if (index !== undefined) resolve({ picked: indexes(), edited: index });
      };
      list.onDidAccept(() => {
        resolve({ picked: indexes(), edited: undefined });
      });
      list.onDidTriggerItemButton(({ item }) => {
        edit(item.index);
      });
      list.onDidChangeActive(([item]) => {
        const draft = item?.index === undefined ? undefined : drafts[item.index];
        if (draft !== undefined) reveal.show(draft.image, draft.alt);
      });
      changeActive = () => {
        edit(list.activeItems[0]?.index);
      };
      list.onDidHide(() => {
        resolve(undefined);
      });
      showNotes(list, notes, () => {
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

/** The rows, under a heading for each file when there are several. */
function draftItems(drafts: readonly Draft[]): DraftItem[] {
  const edit = {
    iconPath: new vscode.ThemeIcon("edit"),
    tooltip: vscode.l10n.t("Change the text"),
  };
  const files = new Set(drafts.map(({ image }) => image.uri.toString()));
  let last = "";
  return drafts.flatMap((draft, index): DraftItem[] => {
    const file = draft.image.uri.toString();
    const isNew = files.size > 1 && file !== last;
    last = file;
    const row = { ...draftItem(draft, files.size > 1), index, buttons: [edit] };
    return isNew ? [headingOf(draft.image.uri), row] : [row];
  });
}

function headingOf(uri: vscode.Uri): DraftItem {
  const label = plainLabel(vscode.workspace.asRelativePath(uri));
  return { label, kind: vscode.QuickPickItemKind.Separator, index: undefined };
}

/** A screen reader reads the place first and then the whole text. */
function draftItem({ image, alt, doubts }: Draft, isAmongFiles: boolean): vscode.QuickPickItem {
  const { before, place, words, uri } = image;
  const now =
    before === null || before === "" ? undefined : vscode.l10n.t("now: {0}", plainLabel(before));
  // The heading scrolls away and is read with its first row only.
  const file = isAmongFiles ? fileOf(uri) : undefined;
  return {
    label: plainLabel(words),
    description: inARow(...doubts.map(doubtNote), file, lengthNote(alt), now),
    detail: plainLabel(alt),
    ...pictureIcon(place),
  };
}

function fileOf(uri: vscode.Uri): string {
  return plainLabel(uri.path.slice(uri.path.lastIndexOf("/") + 1));
}

async function editDraft(drafts: readonly Draft[], index: number): Promise<readonly Draft[]> {
  const draft = drafts[index];
  if (draft === undefined) return drafts;
  const alt = await vscode.window.showInputBox({
    title: draft.image.words,
    value: draft.alt,
    ignoreFocusOut: true,
    validateInput: (text) => lengthWarning(text),
  });
  if (alt === undefined || alt.trim() === "") return drafts;
  return drafts.map((other, at) =>
    at === index && alt.trim() !== other.alt ? { ...other, alt: alt.trim(), doubts: [] } : other,
  );
}
