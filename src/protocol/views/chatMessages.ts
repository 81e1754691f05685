/**
 * Everything that the extension and the chat's webview say to each other, once: the schemas, and the
 * types that follow from them. The extension holds the truth; the webview shows it and asks for changes.
 * What the webview sends is bounded, because it ends in files, prompts and stored state.
 */

import * as v from "valibot";
import { ENGINE_KINDS } from "../../model/ask/kinds";
import { ANSWER_STEPS } from "../../model/ask/progress";
import { doubts } from "../askSchemas";
import {
  anyNumber,
  bounded,
  count,
  fields,
  finite,
  flag,
  list,
  maybe,
  oneOf,
  picture,
  type Read,
  readByType,
  text,
  type Typed,
} from "../schema";
import { id, ID_LENGTH, nothing, thumbnail } from "./viewParts";

/** What one message of the webview may hold at most; the page refuses more with a sentence. */
export const VIEW_LIMITS = {
  /** UTF-16 units. */
  questionLength: 4000,
  /** Pictures, or addresses of pictures, in one message. */
  pictures: 32,
  /** Bytes of all pictures in one message: they are copied twice on their way. */
  pictureBytes: 256 * 2 ** 20,
  /** UTF-16 units of a file's name. */
  nameLength: 1000,
  /** UTF-16 units of an address; `data:` addresses are not among them. */
  uriLength: 10_000,
  /** UTF-16 units of an id. */
  idLength: ID_LENGTH,
} as const;

const ofTurn = fields({ turnId: id });
const ofConversation = fields({ conversationId: id });

/** Counted before anything is looked at, so that a list of millions costs nothing. */
const few = v.custom<unknown[]>(
  (value) => Array.isArray(value) && value.length <= VIEW_LIMITS.pictures,
  `a list of at most ${VIEW_LIMITS.pictures} pictures`,
);

/** A picture that the webview holds and the extension does not. */
const pictureBytes = fields({ name: bounded(VIEW_LIMITS.nameLength), bytes: picture });

/** What the webview asks for. */
const FROM_VIEW = {
  /** The page is there; answered with `chatReplaced`. */
  ready: nothing,
  ask: fields({ question: bounded(VIEW_LIMITS.questionLength) }),
  /** Ends the running turn and those that wait. */
  stop: nothing,
  retry: ofTurn,
  copy: ofTurn,
  /** Puts the answer into the editor. */
  insert: ofTurn,
  pickPictures: nothing,
  /** A picture of the extension's own, with a question that is asked at once. */
  trySample: nothing,
  /** Pictures that were pasted or dropped as bytes. */
  addPictures: fields({
    pictures: v.pipe(
      few,
      list(pictureBytes),
      v.check(
        (pictures) =>
          pictures.reduce((sum, { bytes }) => sum + bytes.length, 0) <= VIEW_LIMITS.pictureBytes,
        `at most ${VIEW_LIMITS.pictureBytes} bytes`,
      ),
    ),
  }),
  /** Files that were dropped from the editor, as `text/uri-list` names them. */
  addUris: fields({ uris: v.pipe(few, list(bounded(VIEW_LIMITS.uriLength))) }),
  selectPicture: fields({ pictureId: id, isSelected: flag }),
  removePicture: fields({ pictureId: id }),
  newConversation: nothing,
  openConversation: ofConversation,
  deleteConversation: ofConversation,
  runAction: fields({ actionId: id }),
  /** The menu of the status bar item. */
  openMenu: nothing,
};

const pictureView = fields({
  id: text,
  name: text,
  /** Absent until it is made and when it cannot be. */
  thumbnail: maybe(thumbnail),
  /** Of the original, in pixels. */
  width: maybe(count),
  height: maybe(count),
  /** A question is asked about every selected picture. */
  isSelected: flag,
  /** Why it cannot be asked about, for people. */
  problem: maybe(text),
});

/** A button; its id comes back in `runAction`. */
const actionView = fields({ id: text, label: text });

const noticeView = fields({ text, actions: list(actionView) });

/**
 * What an answer waits for: `load`: the model is brought into memory; `look`: the picture is encoded;
 * `write`: the first words are chosen, or all of them where they come at once.
 */
const turnStep = fields({
  name: oneOf(ANSWER_STEPS),
  /** For how long, in ms, when this was said. */
  elapsedMs: anyNumber,
  /** How long the same took before, in ms; absent when nobody knows. */
  expectedMs: maybe(anyNumber),
});

const turnView = fields({
  id: text,
  pictureId: text,
  pictureName: text,
  /** A question that was typed, or the wish for a description. */
  kind: oneOf(["question", "description"]),
  /** The words that are shown for it. */
  question: text,
  answer: text,
  /** `waiting`: for its turn or its first word; `stopped`: by the user, with what was there by then. */
  state: oneOf(["waiting", "streaming", "done", "stopped", "failed"]),
  /** What is done for it now; only when `state` is `waiting`. */
  step: maybe(turnStep),
  /** What happened and what helps; only when `state` is `failed`. */
  notice: maybe(noticeView),
  /** From asking to the last word, in ms; only when `state` is `done`. */
  durationMs: maybe(anyNumber),
  /** The host that answered in the place of this machine. */
  server: maybe(text),
  /** Why the answer may mean nothing; only when `state` is `done`. */
  doubts: maybe(doubts),
});

const conversationView = fields({
  id: text,
  title: text,
  /** Milliseconds since 1970. */
  updatedAt: finite,
  isOpen: flag,
});

const engineView = fields({
  kind: oneOf(ENGINE_KINDS),
  /** One short line, such as "demo · f32 · CPU". */
  label: text,
  /** More of it, such as why this device. */
  detail: maybe(text),
  /** 0 to 1, while something is loaded or converted. */
  progress: maybe(finite),
  /** What the chosen model cannot do, and what helps; shown above the question's field. */
  limits: maybe(noticeView),
  /** A question of the kind that the chosen model answers; in English, as all questions are. */
  example: maybe(text),
});

const chatView = fields({
  conversationId: text,
  /** In the order in which they were added. */
  pictures: list(pictureView),
  /** Oldest first. */
  turns: list(turnView),
  /** Questions to begin or to go on with. */
  suggestions: list(text),
  /** Newest first; the open conversation is among them once it has a turn. */
  history: list(conversationView),
  engine: engineView,
});

/** What the extension's side tells the webview. */
const TO_VIEW = {
  /** Everything, at the start and when another conversation is opened. */
  chatReplaced: fields({ chat: chatView }),
  picturesChanged: fields({ pictures: list(pictureView) }),
  turnAdded: fields({ turn: turnView }),
  /** A further piece of a turn's answer. */
  textEmitted: fields({ turnId: text, text }),
  /** A turn in a new state, with its whole text. */
  turnChanged: fields({ turn: turnView }),
  suggestionsChanged: fields({ suggestions: list(text) }),
  historyChanged: fields({ history: list(conversationView) }),
  engineChanged: fields({ engine: engineView }),
  /** The keyboard belongs into the question's field now. */
  composerFocused: nothing,
  /** Opens or closes the list of earlier conversations. */
  historyToggled: nothing,
  /** Something that no turn is about, such as a file that is no picture. */
  noticeShown: fields({ notice: noticeView }),
};

export type FromChat = Typed<typeof FROM_VIEW>;
export type ToChat = Typed<typeof TO_VIEW>;
export type PictureBytes = Read<typeof pictureBytes>;
export type PictureView = Read<typeof pictureView>;
export type ActionView = Read<typeof actionView>;
export type NoticeView = Read<typeof noticeView>;
export type TurnStep = Read<typeof turnStep>;
export type TurnView = Read<typeof turnView>;
export type TurnState = TurnView["state"];
export type ConversationView = Read<typeof conversationView>;
export type EngineView = Read<typeof engineView>;
export type ChatState = Read<typeof chatView>;

/** Reads a message of the webview. @throws AppError `protocol.violation`. */
export function readFromChat(value: unknown): FromChat {
  return readByType(FROM_VIEW, "The message of the chat view", value);
}

/** Reads a message of the extension. @throws AppError `protocol.violation`. */
export function readToChat(value: unknown): ToChat {
  return readByType(TO_VIEW, "The message to the chat view", value);
}
