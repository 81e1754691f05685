/** The chat page's own texts in the user's language; the page knows no other source of words. */

import * as vscode from "vscode";
import type { ChatTexts } from "../../host/chat/chatSession";
import { MAX_TRAY_PICTURES } from "../../host/chat/pictureTray";
import type { ChatStrings } from "../../protocol/views/chatStrings";

/** All texts of the page; `{0}` stays for the page to fill. */
export function chatStrings(): ChatStrings {
  return { ...pictureStrings(), ...turnStrings(), ...conversationStrings() };
}

/** The words of the chat's session. */
export function chatTexts(): ChatTexts {
  return {
    describe: vscode.l10n.t("Describe this image"),
    describeInDetail: vscode.l10n.t("Describe this image in more detail"),
    noPicture: vscode.l10n.t("Add or select a picture first."),
    pastedGone: vscode.l10n.t("The pasted picture is no longer there. Paste it again."),
    pictureGone: vscode.l10n.t("The picture is no longer in the chat. Add it again."),
    tooManyPictures: vscode.l10n.t(
      "The chat holds {0} pictures at a time, so not all of them were added. For more, use 'sightline caption'.",
      MAX_TRAY_PICTURES,
    ),
    noAnswer: vscode.l10n.t("The model has no answer to that. Ask in other words."),
  };
}

type PictureKey =
  | ("addPicture" | "removePicture" | "selectPicture" | "pictures" | "dropHere")
  | ("emptyTitle" | "emptyHint" | "trySample" | "notAPicture" | "tooLarge" | "tooMany");

function pictureStrings(): Pick<ChatStrings, PictureKey> {
  return {
    emptyTitle: vscode.l10n.t("Ask about a picture"),
    emptyHint: vscode.l10n.t(
      "Drop or paste a picture here, or right-click one in the Explorer. It stays on this machine.",
    ),
    trySample: vscode.l10n.t("Try It on a Sample Picture"),
    addPicture: vscode.l10n.t("Add Pictures"),
    removePicture: vscode.l10n.t("Remove {0}"),
    selectPicture: vscode.l10n.t("Ask about {0}"),
    pictures: vscode.l10n.t("Pictures"),
    dropHere: vscode.l10n.t("Drop pictures here"),
    notAPicture: vscode.l10n.t("{0} is not a picture that can be read."),
    tooLarge: vscode.l10n.t("{0} is larger than 64 MB. Choose a smaller copy."),
    tooMany: vscode.l10n.t("At most {0} pictures can be added at a time."),
  };
}

type TurnKey =
  | ("questionLabel" | "questionPlaceholder" | "questionPlaceholderNoPicture")
  | ("ask" | "stop" | "retry" | "copy" | "copied" | "insert")
  | ("oneColor" | "outsideWorld")
  | ("waiting" | "stepLoad" | "stepLook" | "stepWrite" | "seconds" | "secondsOf" | "fromServer")
  | ("stopped" | "failed" | "suggestions");

function turnStrings(): Pick<ChatStrings, TurnKey> {
  return {
    questionLabel: vscode.l10n.t("Question"),
    questionPlaceholder: vscode.l10n.t("Ask in English, such as: {0}"),
    questionPlaceholderNoPicture: vscode.l10n.t("Add or select a picture to ask about it"),
    ask: vscode.l10n.t("Ask"),
    stop: vscode.l10n.t("Stop"),
    retry: vscode.l10n.t("Ask Again"),
    copy: vscode.l10n.t("Copy"),
    copied: vscode.l10n.t("Copied"),
    insert: vscode.l10n.t("Insert at Cursor"),
    waiting: vscode.l10n.t("Waiting"),
    stepLoad: vscode.l10n.t("Loading the model"),
    stepLook: vscode.l10n.t("Looking at the picture"),
    stepWrite: vscode.l10n.t("Writing"),
    stopped: vscode.l10n.t("Stopped"),
    oneColor: vscode.l10n.t("This picture shows one colour only. Do not rely on this answer."),
    outsideWorld: vscode.l10n.t(
      "This picture is outside what the demo model knows. Do not rely on this answer.",
    ),
    failed: vscode.l10n.t("No answer"),
    seconds: vscode.l10n.t("{0} s"),
    fromServer: vscode.l10n.t("from {0}"),
    secondsOf: vscode.l10n.t("{0} s of about {1} s"),
    suggestions: vscode.l10n.t("Suggested questions"),
  };
}

function conversationStrings(): Omit<ChatStrings, PictureKey | TurnKey> {
  return {
    conversation: vscode.l10n.t("Conversation"),
    history: vscode.l10n.t("Earlier conversations"),
    historyEmpty: vscode.l10n.t("There are no conversations yet."),
    openConversation: vscode.l10n.t("Open {0}"),
    deleteConversation: vscode.l10n.t("Delete {0}"),
    newConversation: vscode.l10n.t("New Conversation"),
    close: vscode.l10n.t("Close"),
    engineMenu: vscode.l10n.t("Show the Sightline menu"),
  };
}
