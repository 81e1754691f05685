/** Questions about texts, as lists that the keyboard alone can answer. */

import * as vscode from "vscode";
import type { DocumentImage } from "./altDocument";
import { rangeOf } from "./altDocument";
import { lengthNote } from "./altDescribing";

/** What fits into a line of a list, measured with the editor's own fonts. */
const LINE_CHARACTERS = 80;

/** A line of a list that stands for a value. */
export interface Choice<T> extends vscode.QuickPickItem {
  readonly value: T;
}

/** One of several values; undefined when the list was closed. */
export async function chooseOne<T>(
  choices: readonly Choice<T>[],
  words: { readonly title: string; readonly placeholder?: string | undefined },
): Promise<T | undefined> {
  const chosen = await vscode.window.showQuickPick(choices, {
    title: words.title,
    ...(words.placeholder === undefined ? {} : { placeHolder: words.placeholder }),
    matchOnDescription: true,
  });
  return chosen?.value;
}

/**
 * One of several texts for a picture, each shown in the document while it is selected; undefined when
 * the list was closed.
 */
export async function chooseText(
  texts: readonly string[],
  image: DocumentImage,
  title: string,
): Promise<string | undefined> {
  const preview = new TextPreview(image);
  const list = vscode.window.createQuickPick<Choice<string>>();
  const { alt } = image.reference;
  list.title = title;
  if (alt !== null && alt !== "") list.placeholder = vscode.l10n.t("Now: {0}", alt);
  list.items = texts.map(textChoice);
  list.matchOnDetail = true;
  try {
    return await new Promise((resolve) => {
      list.onDidChangeActive(([active]) => {
        preview.show(active?.value);
      });
      list.onDidAccept(() => {
        resolve(list.activeItems[0]?.value);
      });
      list.onDidHide(() => {
        resolve(undefined);
      });
      list.show();
    });
  } finally {
    list.dispose();
    preview.dispose();
  }
}

/** A text on the two lines of an item, because lists do not wrap; the second is often empty. */
export function twoLines(text: string, maxFirst: number): readonly [string, string] {
  const end = text.length > maxFirst ? text.lastIndexOf(" ", maxFirst) : -1;
  return end > 0 ? [text.slice(0, end), text.slice(end + 1)] : [text, ""];
}

/** Parts that say something, in a row. */
export function inARow(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join(" · ");
}

/** Labels show `$(name)` as an icon; a text says what it says. */
export function plainLabel(text: string): string {
  return text.replaceAll("$(", "$\u200b(");
}

/** A text behind a picture's reference that is not in the document. */
class TextPreview implements vscode.Disposable {
  readonly #image: DocumentImage;
  readonly #type = vscode.window.createTextEditorDecorationType({
    after: {
      color: new vscode.ThemeColor("editorGhostText.foreground"),
      fontStyle: "italic",
      margin: "0 0 0 1em",
    },
  });

  constructor(image: DocumentImage) {
    this.#image = image;
  }

  show(text: string | undefined): void {
    const { document, found, reference } = this.#image;
    const editor = vscode.window.visibleTextEditors.find((open) => open.document === document);
    // In a document that changed, the place is no longer known.
    if (editor === undefined || document.getText() !== found.text) return;
    const options = { range: rangeOf(document, reference.span) };
    const shown = { ...options, renderOptions: { after: { contentText: text ?? "" } } };
    editor.setDecorations(this.#type, text === undefined ? [] : [shown]);
  }

  dispose(): void {
    this.#type.dispose();
  }
}

function textChoice(text: string): Choice<string> {
  const [first, rest] = twoLines(text, LINE_CHARACTERS);
  const detail = inARow(rest, lengthNote(text));
  return { label: plainLabel(first), detail: plainLabel(detail), value: text };
}
