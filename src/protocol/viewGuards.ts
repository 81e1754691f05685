/**
 * The run-time check of everything that the extension and the chat's webview say to each other. What
 * the webview sends is also bounded, because it ends in files, prompts and stored state. Every function
 * throws AppError `protocol.violation`.
 */

import type { JsonObject } from "../base/json";
import { readDoubts } from "./doubts";
import {
  anyNumber,
  bytes,
  child,
  clip,
  count,
  oneOf,
  optional,
  record,
  records,
  text,
  texts,
} from "./messageFields";
import type {
  ActionView,
  ChatView,
  ConversationView,
  EngineView,
  FromView,
  NoticeView,
  PictureBytes,
  PictureView,
  ToView,
  TurnStep,
  TurnView,
} from "./viewMessages";

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
  idLength: 200,
} as const;

/** Reads a message of the webview. */
export function readFromView(value: unknown): FromView {
  const message: JsonObject = record(value, "The message of the chat view");
  const type = message.raw("type");
  if (!isTypeOf(FROM_VIEW, type)) message.fail("type", `a known message, not ${nameOf(type)}`);
  return FROM_VIEW[type](message);
}

/** Reads a message of the extension. */
export function readToView(value: unknown): ToView {
  const message: JsonObject = record(value, "The message to the chat view");
  const type = message.raw("type");
  if (!isTypeOf(TO_VIEW, type)) message.fail("type", `a known message, not ${nameOf(type)}`);
  return TO_VIEW[type](message);
}

type Readers<T extends { readonly type: string }> = {
  readonly [K in T["type"]]: (message: JsonObject) => Extract<T, { readonly type: K }>;
};

const FROM_VIEW: Readers<FromView> = {
  ready: () => ({ type: "ready" }),
  ask: (message) => ({
    type: "ask",
    question: bounded(message, "question", VIEW_LIMITS.questionLength),
  }),
  stop: () => ({ type: "stop" }),
  retry: (message) => ({ type: "retry", turnId: id(message, "turnId") }),
  copy: (message) => ({ type: "copy", turnId: id(message, "turnId") }),
  insert: (message) => ({ type: "insert", turnId: id(message, "turnId") }),
  pickPictures: () => ({ type: "pickPictures" }),
  trySample: () => ({ type: "trySample" }),
  addPictures: (message) => ({ type: "addPictures", pictures: readPictures(message) }),
  addUris: (message) => ({ type: "addUris", uris: readUris(message) }),
  selectPicture: (message) => ({
    type: "selectPicture",
    pictureId: id(message, "pictureId"),
    isSelected: message.boolean("isSelected"),
  }),
  removePicture: (message) => ({ type: "removePicture", pictureId: id(message, "pictureId") }),
  newConversation: () => ({ type: "newConversation" }),
  openConversation: (message) => ({
    type: "openConversation",
    conversationId: id(message, "conversationId"),
  }),
  deleteConversation: (message) => ({
    type: "deleteConversation",
    conversationId: id(message, "conversationId"),
  }),
  runAction: (message) => ({ type: "runAction", actionId: id(message, "actionId") }),
  openMenu: () => ({ type: "openMenu" }),
};

const TO_VIEW: Readers<ToView> = {
  chatReplaced: (message) => ({ type: "chatReplaced", chat: readChat(child(message, "chat")) }),
  picturesChanged: (message) => ({
    type: "picturesChanged",
    pictures: records(message, "pictures").map(readPicture),
  }),
  turnAdded: (message) => ({ type: "turnAdded", turn: readTurn(child(message, "turn")) }),
  textEmitted: (message) => ({
    type: "textEmitted",
    turnId: message.string("turnId"),
    text: message.string("text"),
  }),
  turnChanged: (message) => ({ type: "turnChanged", turn: readTurn(child(message, "turn")) }),
  suggestionsChanged: (message) => ({
    type: "suggestionsChanged",
    suggestions: texts(message, "suggestions"),
  }),
  historyChanged: (message) => ({
    type: "historyChanged",
    history: records(message, "history").map(readConversation),
  }),
  engineChanged: (message) => ({
    type: "engineChanged",
    engine: readEngine(child(message, "engine")),
  }),
  composerFocused: () => ({ type: "composerFocused" }),
  historyToggled: () => ({ type: "historyToggled" }),
  noticeShown: (message) => ({
    type: "noticeShown",
    notice: readNotice(child(message, "notice")),
  }),
};

function isTypeOf<T extends object>(readers: T, type: unknown): type is keyof T {
  return typeof type === "string" && Object.hasOwn(readers, type);
}

function nameOf(type: unknown): string {
  return typeof type === "string" ? `"${clip(type)}"` : typeof type;
}

function bounded(message: JsonObject, key: string, maxLength: number): string {
  const value = message.string(key);
  if (value.length > maxLength) message.fail(key, `a text of at most ${maxLength} characters`);
  return value;
}

function id(message: JsonObject, key: string): string {
  return bounded(message, key, VIEW_LIMITS.idLength);
}

function readPictures(message: JsonObject): readonly PictureBytes[] {
  checkCount(message, "pictures");
  const pictures = records(message, "pictures").map((picture) => ({
    name: bounded(picture, "name", VIEW_LIMITS.nameLength),
    bytes: bytes(picture, "bytes", "the bytes of a picture"),
  }));
  const total = pictures.reduce((sum, picture) => sum + picture.bytes.length, 0);
  if (total > VIEW_LIMITS.pictureBytes) {
    message.fail("pictures", `at most ${VIEW_LIMITS.pictureBytes} bytes, not ${total}`);
  }
  return pictures;
}

function readUris(message: JsonObject): readonly string[] {
  checkCount(message, "uris");
  const uris = texts(message, "uris");
  if (uris.some((uri) => uri.length > VIEW_LIMITS.uriLength)) {
    message.fail("uris", `addresses of at most ${VIEW_LIMITS.uriLength} characters`);
  }
  return uris;
}

/** Counts before anything is looked at, so that a list of millions costs nothing. */
function checkCount(message: JsonObject, key: string): void {
  if (message.array(key).length > VIEW_LIMITS.pictures) {
    message.fail(key, `at most ${VIEW_LIMITS.pictures} pictures`);
  }
}

function readChat(chat: JsonObject): ChatView {
  return {
    conversationId: chat.string("conversationId"),
    pictures: records(chat, "pictures").map(readPicture),
    turns: records(chat, "turns").map(readTurn),
    suggestions: texts(chat, "suggestions"),
    history: records(chat, "history").map(readConversation),
    engine: readEngine(child(chat, "engine")),
  };
}

function readPicture(picture: JsonObject): PictureView {
  return {
    id: picture.string("id"),
    name: picture.string("name"),
    ...optional("thumbnail", readThumbnail(picture)),
    ...optional("width", picture.has("width") ? count(picture, "width") : undefined),
    ...optional("height", picture.has("height") ? count(picture, "height") : undefined),
    isSelected: picture.boolean("isSelected"),
    ...optional("problem", text(picture, "problem")),
  };
}

/** Only an embedded picture: the page may load nothing from anywhere. */
function readThumbnail(picture: JsonObject): string | undefined {
  const thumbnail = text(picture, "thumbnail");
  if (thumbnail !== undefined && !thumbnail.startsWith("data:image/")) {
    picture.fail("thumbnail", "a data: address of a picture");
  }
  return thumbnail;
}

function readTurn(turn: JsonObject): TurnView {
  return {
    id: turn.string("id"),
    pictureId: turn.string("pictureId"),
    pictureName: turn.string("pictureName"),
    kind: oneOf(turn, "kind", ["question", "description"]),
    question: turn.string("question"),
    answer: turn.string("answer"),
    state: oneOf(turn, "state", ["waiting", "streaming", "done", "stopped", "failed"]),
    ...optional("step", turn.has("step") ? readStep(child(turn, "step")) : undefined),
    ...optional("notice", turn.has("notice") ? readNotice(child(turn, "notice")) : undefined),
    ...optional("durationMs", turn.has("durationMs") ? anyNumber(turn, "durationMs") : undefined),
    ...optional("doubts", turn.has("doubts") ? readDoubts(turn) : undefined),
  };
}

function readStep(step: JsonObject): TurnStep {
  const expectedMs = step.has("expectedMs") ? anyNumber(step, "expectedMs") : undefined;
  return {
    name: oneOf(step, "name", ["load", "look", "write"]),
    elapsedMs: anyNumber(step, "elapsedMs"),
    ...optional("expectedMs", expectedMs),
  };
}

function readNotice(notice: JsonObject): NoticeView {
  return { text: notice.string("text"), actions: records(notice, "actions").map(readAction) };
}

function readAction(action: JsonObject): ActionView {
  return { id: action.string("id"), label: action.string("label") };
}

function readConversation(conversation: JsonObject): ConversationView {
  return {
    id: conversation.string("id"),
    title: conversation.string("title"),
    updatedAt: conversation.number("updatedAt"),
    isOpen: conversation.boolean("isOpen"),
  };
}

function readEngine(engine: JsonObject): EngineView {
  return {
    kind: oneOf(engine, "kind", [
      ...(["off", "starting", "loading", "ready", "busy"] as const),
      ...(["failed", "unsupported"] as const),
    ]),
    label: engine.string("label"),
    ...optional("detail", text(engine, "detail")),
    ...optional("progress", engine.has("progress") ? engine.number("progress") : undefined),
    ...optional("limits", engine.has("limits") ? readNotice(child(engine, "limits")) : undefined),
    ...optional("example", text(engine, "example")),
  };
}
