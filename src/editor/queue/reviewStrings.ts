/** The review page's own texts in the user's language; the page knows no other source of words. */

import * as vscode from "vscode";
import { MAX_ALT_CHARACTERS } from "../../alt/wording/altText";
import type { ReviewStrings } from "../../protocol/views/reviewStrings";

/** All texts of the page; `{0}` stays for the page to fill. */
export function reviewStrings(): ReviewStrings {
  return { ...frameStrings(), ...actionStrings(), ...pictureStrings(), ...saidStrings() };
}

type FrameKey =
  | ("title" | "searching" | "position" | "progress" | "empty" | "emptyFilter" | "pictures")
  | ("apply" | "applying" | "undoing" | "undoApplied")
  | ("rules" | "allRules" | "files" | "allFiles");

function frameStrings(): Pick<ReviewStrings, FrameKey> {
  return {
    title: vscode.l10n.t("Alt texts of {0}"),
    searching: vscode.l10n.t("Looking through the documents…"),
    position: vscode.l10n.t("{0} of {1}"),
    progress: vscode.l10n.t("{0} of {1} decided"),
    empty: vscode.l10n.t("Documents: {0}. No picture in them needs another text."),
    emptyFilter: vscode.l10n.t("No picture is of this rule and this file."),
    pictures: vscode.l10n.t("Pictures"),
    apply: vscode.l10n.t("Apply {0}"),
    applying: vscode.l10n.t("Writing…"),
    undoing: vscode.l10n.t("Taking back…"),
    undoApplied: vscode.l10n.t("Undo Last Review"),
    rules: vscode.l10n.t("Rules"),
    allRules: vscode.l10n.t("All rules"),
    files: vscode.l10n.t("Files"),
    allFiles: vscode.l10n.t("All files"),
  };
}

type ActionKey =
  | ("accept" | "edit" | "decorative" | "skip" | "suppress" | "undo" | "previous" | "next")
  | ("help" | "close" | "save" | "cancel" | "keys" | "keysChoose" | "fetch" | "openPlace");

function actionStrings(): Pick<ReviewStrings, ActionKey> {
  return {
    accept: vscode.l10n.t("Accept"),
    edit: vscode.l10n.t("Edit"),
    decorative: vscode.l10n.t("Decorative"),
    skip: vscode.l10n.t("Skip"),
    suppress: vscode.l10n.t("Suppress"),
    undo: vscode.l10n.t("Undo"),
    previous: vscode.l10n.t("Previous"),
    next: vscode.l10n.t("Next"),
    help: vscode.l10n.t("Keys"),
    close: vscode.l10n.t("Close"),
    save: vscode.l10n.t("Save"),
    cancel: vscode.l10n.t("Cancel"),
    keys: vscode.l10n.t("Keys of the review"),
    keysChoose: vscode.l10n.t("Choose a proposal"),
    fetch: vscode.l10n.t("Fetch…"),
    openPlace: vscode.l10n.t("Open {0}, line {1}"),
  };
}

type PictureKey =
  | ("altText" | "pictureOf" | "pictureReading" | "pictureRemote" | "size" | "place")
  | ("now" | "nowNothing" | "fit" | "caption" | "beside" | "ofLink" | "ofButton" | "source")
  | ("proposals" | "proposalsWaiting" | "noProposals" | "long" | "oneColor" | "outsideWorld");

function pictureStrings(): Pick<ReviewStrings, PictureKey> {
  return {
    altText: vscode.l10n.t("Alt text"),
    pictureOf: vscode.l10n.t("The picture {0}"),
    pictureReading: vscode.l10n.t("Reading the picture…"),
    pictureRemote: vscode.l10n.t("This picture is on the web, and nothing is fetched unasked."),
    size: vscode.l10n.t("{0} × {1} pixels"),
    place: vscode.l10n.t("{0}, line {1}"),
    now: vscode.l10n.t("Now"),
    nowNothing: vscode.l10n.t("No alt text"),
    fit: vscode.l10n.t("fits by {0} %"),
    caption: vscode.l10n.t("Caption"),
    beside: vscode.l10n.t("Words beside it"),
    ofLink: vscode.l10n.t("It is all that a link shows: say where the link leads."),
    ofButton: vscode.l10n.t("It is all that a button shows: say what the button does."),
    source: vscode.l10n.t("In the document"),
    proposals: vscode.l10n.t("Proposals"),
    proposalsWaiting: vscode.l10n.t("The model looks at the picture…"),
    noProposals: vscode.l10n.t("There are no proposals. Press E to write a text."),
    long: vscode.l10n.t(
      "{0} characters; most guides advise at most {1}",
      "{0}",
      MAX_ALT_CHARACTERS,
    ),
    oneColor: vscode.l10n.t("This picture shows one colour only. Do not rely on this answer."),
    outsideWorld: vscode.l10n.t(
      "This picture is outside what the demo model knows. Do not rely on this answer.",
    ),
  };
}

/** What is said of decisions and of what became of them. */
function saidStrings(): Omit<ReviewStrings, FrameKey | ActionKey | PictureKey> {
  return {
    isText: vscode.l10n.t("New text: {0}"),
    isDecorative: vscode.l10n.t("Decorative"),
    isSkipped: vscode.l10n.t("Skipped"),
    isSuppressed: vscode.l10n.t("Suppressed by a comment"),
    isOpen: vscode.l10n.t("Not decided"),
    undone: vscode.l10n.t("Taken back."),
    nothingToUndo: vscode.l10n.t("There is nothing to take back."),
    cannotText: vscode.l10n.t("There is no place for a text here. Change the document by hand."),
    cannotDecorative: vscode.l10n.t("This picture cannot be marked as decorative where it stands."),
    cannotSuppress: vscode.l10n.t("No comment can stand beside this picture."),
    noProposalYet: vscode.l10n.t("There is no proposal to accept. Press E to write a text."),
    allDecided: vscode.l10n.t("Everything is decided. To be written: {0}."),
    written: vscode.l10n.t("Pictures written: {0}, files: {1}."),
    notWritten: vscode.l10n.t("Not written, and still in the queue: {0}."),
    takenBack: vscode.l10n.t("The last review was taken back. Files: {0}."),
    nothingTakenBack: vscode.l10n.t("Nothing was taken back."),
    lost: vscode.l10n.t("Decisions whose picture is not there any more: {0}."),
    unread: vscode.l10n.t("Documents that could not be read: {0}."),
  };
}
