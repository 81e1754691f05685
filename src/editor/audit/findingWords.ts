/** What rules say, in the editor's language; the audit's own table says the same in English. */

import * as vscode from "vscode";
import { MESSAGE_IDS, type MessageId, type Said } from "../../audit/messages";

type Words = (first: string, second: string) => string;

const WORDS: Readonly<Record<MessageId, Words>> = {
  missing: () => vscode.l10n.t("The picture has no text. Describe it, or mark it as decorative."),
  "missing-link": () =>
    vscode.l10n.t(
      "The picture has no text, and it is all that a link shows. Say where the link leads.",
    ),
  "missing-button": () =>
    vscode.l10n.t(
      "The picture has no text, and it is all that a button shows. Say what the button does.",
    ),
  "missing-title": (title) =>
    vscode.l10n.t("The text is missing, and the title says “{0}”. Move it into the text.", title),
  "heard-instead": (heard) => vscode.l10n.t("Readers hear “{0}” instead.", heard),
  "unnamed-link": () =>
    vscode.l10n.t(
      "This picture is all that a link shows, and has no text, so the link has no name. Say where it leads.",
    ),
  "unnamed-button": () =>
    vscode.l10n.t(
      "This picture is all that a button shows, and has no text, so the button has no name. Say what it does.",
    ),
  placeholder: (text) =>
    vscode.l10n.t("“{0}” says nothing of the picture. Describe what it shows.", text),
  filename: (text) =>
    vscode.l10n.t("“{0}” is the name of a file. Describe what the picture shows.", text),
  "lost-all": (written) =>
    vscode.l10n.t(
      "“{0}” is written, and readers hear nothing of it. Put the text in quotes.",
      written,
    ),
  "lost-part": (written, heard) =>
    vscode.l10n.t(
      "“{0}” is written, and readers hear only “{1}”. Put the text in quotes.",
      written,
      heard,
    ),
  hidden: (text) =>
    vscode.l10n.t(
      "The picture is hidden from screen readers, and has the text “{0}”. Take one of the two away.",
      text,
    ),
  prefix: (prefix) =>
    vscode.l10n.t(
      "“{0}” is said by the screen reader already. Begin with what the picture shows.",
      prefix,
    ),
  "same-as-caption": (text) =>
    vscode.l10n.t(
      "The text repeats the caption: “{0}”. Say what the picture shows beyond that, or mark it as decorative.",
      text,
    ),
  "same-as-beside": (text) =>
    vscode.l10n.t(
      "The text repeats the words beside the picture: “{0}”. Say what the picture shows beyond that, or mark it as decorative.",
      text,
    ),
  "repeated-row": (text) =>
    vscode.l10n.t(
      "The picture before this one says “{0}” already. Let one text speak for the row.",
      text,
    ),
  repeated: (text) =>
    vscode.l10n.t(
      "Another picture of this document has the text “{0}”, too. Say what tells them apart.",
      text,
    ),
  "too-long": (nCharacters, most) =>
    vscode.l10n.t(
      "The text has {0} characters, more than {1}. Consider a short one and a description in the page.",
      nCharacters,
      most,
    ),
  swapped: (text, fits) =>
    vscode.l10n.t("“{0}” fits “{1}” better, whose text fits this picture.", text, fits),
  copied: (text, fits) =>
    vscode.l10n.t("“{0}” is the text of “{1}”, too, and fits it better.", text, fits),
  moved: (text, fits) => vscode.l10n.t("“{0}” fits “{1}” better, which has no text.", text, fits),
  other: (text, fits) => vscode.l10n.t("“{0}” fits “{1}” better than this picture.", text, fits),
  shifted: (text, fits) =>
    vscode.l10n.t(
      "“{0}” fits “{1}” better; texts near it belong to the next picture each, too.",
      text,
      fits,
    ),
  stale: (text) =>
    vscode.l10n.t(
      "“{0}” is older than the picture, which changed since. See whether it still says what is shown.",
      text,
    ),
  "doubt-thin": (text, size) =>
    vscode.l10n.t(
      "“{0}” is the text of a picture of {1} pixels, in which nobody sees anything. Mark it as decorative.",
      text,
      size,
    ),
  "doubt-plain": (text) =>
    vscode.l10n.t(
      "“{0}” is the text of a picture of one color. If it only fills a place, mark it as decorative.",
      text,
    ),
  "doubt-scene": () =>
    vscode.l10n.t(
      "The picture is marked as decorative, and a model sees something in it. Describe it, unless the words around it do.",
    ),
  "image-of-text": () =>
    vscode.l10n.t(
      "A model takes this for a picture of words. Write the words into the page, or see that the text has all of them.",
    ),
  unresolved: (address) =>
    vscode.l10n.t(
      "There is no file for “{0}”. Correct the address, or name its folder as a site's root.",
      address,
    ),
};

export function findingText(says: readonly Said[]): string {
  return says
    .map(({ id, values: [first = "", second = ""] }) => WORDS[id](first, second))
    .join(" ");
}

/** Sentences that another process names; what is no name of one is left out. */
export function saidBy(
  says: readonly { readonly id: string; readonly values: readonly string[] }[],
): Said[] {
  return says.flatMap(({ id, values }) => {
    const known = MESSAGE_IDS.find((each) => each === id);
    return known === undefined ? [] : [{ id: known, values }];
  });
}
