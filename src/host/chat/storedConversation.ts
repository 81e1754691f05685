/**
 * Conversations as plain data that outlives the window. What is read may be damaged or of another
 * version: what cannot be understood is left out, and nothing of it fails.
 */

import { AppError } from "../../base/errors";
import { JsonObject } from "../../base/json";
import { optional } from "../../base/optional";
import { type Doubt, DOUBTS } from "../../model/ask/request";
import type { TurnState } from "../../protocol/views/chatMessages";
import {
  type ChatPicture,
  type ChatTurn,
  type Conversation,
  isOpenTurn,
  type PictureLocation,
  type TurnTask,
} from "./conversation";

/** Raised when the data changes so that older code would misread it. */
const VERSION = 1;
/** Older turns of a conversation are not kept. */
const MAX_STORED_TURNS = 200;
/** Longest text that is kept, in UTF-16 units. */
const MAX_STORED_TEXT = 10_000;

export interface StoredChats {
  readonly openId: string | undefined;
  readonly conversations: readonly Conversation[];
}

/** The form in which conversations are kept. A turn that is being answered is kept as stopped. */
export function toStored({ openId, conversations }: StoredChats): unknown {
  return {
    version: VERSION,
    ...optional({ openId }),
    conversations: conversations.map((conversation) => ({
      id: conversation.id,
      title: conversation.title,
      updatedAt: conversation.updatedAt,
      pictures: conversation.pictures.map(storedPicture),
      turns: conversation.turns.slice(-MAX_STORED_TURNS).map(storedTurn),
    })),
  };
}

/** Reads what `toStored` gave. Never fails. */
export function fromStored(value: unknown): StoredChats {
  const chats = attempt(() => object(value));
  if (chats?.raw("version") !== VERSION) return { openId: undefined, conversations: [] };
  const ids = new Set<string>();
  const conversations = list(chats, "conversations", readConversation).filter(({ id }) => {
    const isNew = !ids.has(id);
    ids.add(id);
    return isNew;
  });
  const openId = attempt(() => chats.string("openId"));
  return { openId: openId !== undefined && ids.has(openId) ? openId : undefined, conversations };
}

/** Name of a pasted picture's file: the sha256 of its bytes and an extension, so never a path. */
export const PASTED_FILE = /^[0-9a-f]{64}\.[a-z0-9]{1,8}$/;

function storedPicture(picture: ChatPicture): unknown {
  const { id, name, location, isSelected, isRemoved } = picture;
  return {
    id,
    name,
    isSelected,
    isRemoved,
    ...(location.kind === "uri" ? { uri: location.uri } : { file: location.file }),
  };
}

function storedTurn(turn: ChatTurn): unknown {
  const { id, pictureId, pictureName, question, answer, state, notice, durationMs, digest } = turn;
  const { doubts, server } = turn;
  return {
    id,
    pictureId,
    pictureName,
    question: question.slice(0, MAX_STORED_TEXT),
    answer: answer.slice(0, MAX_STORED_TEXT),
    ...(turn.task.kind === "description" ? { describe: turn.task.length } : {}),
    state: isOpenTurn(turn) ? "stopped" : state,
    // What a button did belongs to the window that offered it.
    ...optional({ notice: notice?.text, durationMs, digest, doubts, server }),
  };
}

function readConversation(stored: JsonObject): Conversation {
  const pictures = list(stored, "pictures", readPicture);
  const ids = new Set(pictures.map((picture) => picture.id));
  return {
    id: stored.string("id"),
    title: stored.string("title"),
    updatedAt: stored.number("updatedAt"),
    pictures,
    turns: list(stored, "turns", readTurn).filter((turn) => ids.has(turn.pictureId)),
  };
}

function readPicture(stored: JsonObject): ChatPicture {
  return {
    id: stored.string("id"),
    name: stored.string("name"),
    location: readLocation(stored),
    isSelected: stored.boolean("isSelected", false),
    isRemoved: stored.boolean("isRemoved", false),
  };
}

function readLocation(stored: JsonObject): PictureLocation {
  if (stored.has("uri")) return { kind: "uri", uri: stored.string("uri") };
  const file = stored.string("file");
  if (!PASTED_FILE.test(file)) stored.fail("file", "the name of a pasted picture");
  return { kind: "pasted", file };
}

const KEPT_STATES: readonly TurnState[] = ["done", "stopped", "failed"];

function readTurn(stored: JsonObject): ChatTurn {
  const state = KEPT_STATES.find((known) => known === stored.raw("state"));
  const digest = attempt(() => stored.string("digest"));
  const notice = attempt(() => stored.string("notice"));
  const durationMs = attempt(() => stored.number("durationMs"));
  const server = attempt(() => stored.string("server"));
  const doubts = attempt(() => readDoubts(stored.array("doubts")));
  return {
    id: stored.string("id"),
    pictureId: stored.string("pictureId"),
    pictureName: stored.string("pictureName"),
    task: readTask(stored),
    question: stored.string("question"),
    answer: stored.string("answer"),
    state: state ?? "stopped",
    ...(notice === undefined ? {} : { notice: { text: notice, actions: [] } }),
    ...optional({ durationMs, digest, doubts, server }),
  };
}

/** What only a later version doubts is left out. */
function readDoubts(stored: readonly unknown[]): readonly Doubt[] {
  return DOUBTS.filter((doubt) => stored.includes(doubt));
}

function readTask(stored: JsonObject): TurnTask {
  if (!stored.has("describe")) return { kind: "question" };
  return { kind: "description", length: stored.raw("describe") === "long" ? "long" : "short" };
}

function object(value: unknown): JsonObject {
  return new JsonObject(value, { file: "The kept conversations", code: "internal" });
}

/** The entries of a list that can be read. */
function list<T>(from: JsonObject, key: string, read: (entry: JsonObject) => T): T[] {
  const entries = attempt(() => from.array(key)) ?? [];
  return entries.flatMap((entry) => attempt(() => read(object(entry))) ?? []);
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof AppError) return undefined;
    throw thrown;
  }
}
