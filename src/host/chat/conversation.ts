/** One conversation of the chat: its pictures and turns, as the session changes and the store keeps them. */

import { optional } from "../../base/optional";
import type { DescriptionLength } from "../../alt/write/describer";
import type { StepName } from "../../model/ask/progress";
import type { Doubt } from "../../model/ask/request";
import type {
  ConversationView,
  NoticeView,
  TurnState,
  TurnStep,
  TurnView,
} from "../../protocol/views/chatMessages";

export interface Conversation {
  readonly id: string;
  /** Empty until the first turn. */
  title: string;
  /** Milliseconds since 1970. */
  updatedAt: number;
  /** In the order in which they were added. */
  readonly pictures: ChatPicture[];
  /** Oldest first. */
  readonly turns: ChatTurn[];
}

/** Where a picture is read again: a URI of the editor, or a file of ours for what was pasted. */
export type PictureLocation =
  | { readonly kind: "uri"; readonly uri: string }
  | { readonly kind: "pasted"; readonly file: string };

export interface ChatPicture {
  readonly id: string;
  readonly name: string;
  readonly location: PictureLocation;
  isSelected: boolean;
  /** No longer in the tray; kept because turns are about it. */
  isRemoved: boolean;
  /** Of the bytes that were read last; not kept. */
  digest?: string | undefined;
  /** A data: URL; not kept, made anew when it is looked at. */
  thumbnail?: string | undefined;
  /** Of the original, in pixels. */
  width?: number | undefined;
  height?: number | undefined;
  /** Why it could not be read the last time, for people; not kept. */
  problem?: string | undefined;
}

/** What a turn asks for. */
export type TurnTask =
  | { readonly kind: "question" }
  | { readonly kind: "description"; readonly length: DescriptionLength };

/** What is done for a turn that waits; not kept. */
export interface ChatStep {
  readonly name: StepName;
  /** By the session's clock. */
  readonly beganMs: number;
  /** Undefined when the same was not done before. */
  readonly expectedMs: number | undefined;
}

export interface ChatTurn {
  readonly id: string;
  readonly pictureId: string;
  readonly pictureName: string;
  readonly task: TurnTask;
  /** As it was typed, or the words that are shown for a description. */
  readonly question: string;
  answer: string;
  state: TurnState;
  step?: ChatStep | undefined;
  notice?: NoticeView | undefined;
  durationMs?: number | undefined;
  /** The host that answered in the place of this machine. */
  server?: string | undefined;
  /** Why the answer may mean nothing. */
  doubts?: readonly Doubt[] | undefined;
  /** Of the picture when it was answered: an answer about other bytes says nothing about these. */
  digest?: string | undefined;
}

/** Longest question in a title, in UTF-16 units. */
const MAX_TITLE_QUESTION = 60;

/** What the list of conversations calls one that begins with this turn. */
export function titleOf(turn: ChatTurn): string {
  const words = turn.question.replace(/\s+/g, " ").trim();
  const isLong = words.length > MAX_TITLE_QUESTION;
  const question = isLong ? `${words.slice(0, MAX_TITLE_QUESTION - 1).trimEnd()}…` : words;
  return `${question} · ${turn.pictureName}`;
}

/** True for a turn that an answer may still come for. */
export function isOpenTurn(turn: ChatTurn): boolean {
  return turn.state === "waiting" || turn.state === "streaming";
}

/** The turn as the webview shows it. @param nowMs by the session's clock */
export function turnView(turn: ChatTurn, nowMs: number): TurnView {
  return {
    id: turn.id,
    pictureId: turn.pictureId,
    pictureName: turn.pictureName,
    kind: turn.task.kind,
    question: turn.question,
    answer: turn.answer,
    state: turn.state,
    ...(turn.state === "waiting" && optional({ step: turn.step && stepView(turn.step, nowMs) })),
    ...(turn.state === "failed" && optional({ notice: turn.notice })),
    ...(turn.state === "done" &&
      optional({
        ...{ durationMs: turn.durationMs, doubts: turn.doubts, server: turn.server },
      })),
  };
}

function stepView({ name, beganMs, expectedMs }: ChatStep, nowMs: number): TurnStep {
  return { name, elapsedMs: nowMs - beganMs, ...optional({ expectedMs }) };
}

/** The conversation as a line of the list of all. */
export function conversationView(
  conversation: Conversation,
  openId: string | undefined,
): ConversationView {
  const { id, title, updatedAt } = conversation;
  return { id, title, updatedAt, isOpen: id === openId };
}
