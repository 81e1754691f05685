/** Questions about texts, as lists that the keyboard alone can answer. */

import * as vscode from "vscode";
import { lengthNote } from "../documents/altDescribing";

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

/** What a list of texts looks like, and what follows its cursor. */
export interface TextList {
  readonly title: string;
  /** The text that is there. */
  readonly now: string | null;
  /** The picture, before each row. */
  readonly icon: Pick<vscode.QuickPickItem, "iconPath">;
  readonly onActive: (text: string) => void;
}

/** One of several texts for a picture; undefined when the list was closed. */
export async function chooseText(
  texts: readonly string[],
  { title, now, icon, onActive }: TextList,
): Promise<string | undefined> {
  const list = vscode.window.createQuickPick<Choice<string>>();
  list.title = title;
  if (now !== null && now !== "") list.placeholder = vscode.l10n.t("Now: {0}", now);
  list.items = texts.map((text) => ({ ...textChoice(text), ...icon }));
  list.matchOnDetail = true;
  try {
    return await new Promise((resolve) => {
      list.onDidChangeActive(([active]) => {
        if (active !== undefined) onActive(active.value);
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

function textChoice(text: string): Choice<string> {
  const [first, rest] = twoLines(text, LINE_CHARACTERS);
  const detail = inARow(rest, lengthNote(text));
  return { label: plainLabel(first), detail: plainLabel(detail), value: text };
}
