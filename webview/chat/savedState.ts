/** What of the page survives while its view is hidden, when the editor throws the page away. */

import { AppError } from "../../src/base/errors";
import { type ChatState, readToChat, VIEW_LIMITS } from "../../src/protocol/views/chatMessages";
import { INITIAL_STATE, type PageState } from "./state";

/** Raised when the shape changes, so that what another version of the extension kept is left alone. */
const VERSION = 1;

export interface SavedState {
  readonly version: typeof VERSION;
  readonly chat: ChatState;
  readonly draft: string;
  readonly scroll: number | "end";
  /** Absent when nothing was told. */
  readonly toldLimits?: string;
}

/** The part of the state that is kept. */
export function savedOf({ chat, draft, scroll, toldLimits }: PageState): SavedState {
  const told = toldLimits === undefined ? {} : { toldLimits };
  return { version: VERSION, chat, draft, scroll, ...told };
}

/** The state that was kept; without one, or with one that cannot be read, the initial state. */
export function restoredFrom(saved: unknown): PageState {
  if (!isRecord(saved) || saved["version"] !== VERSION) return INITIAL_STATE;
  const { draft, scroll, toldLimits: told } = saved;
  const chat = readChat(saved["chat"]);
  if (chat === undefined || typeof draft !== "string" || !isScroll(scroll)) return INITIAL_STATE;
  const question = draft.slice(0, VIEW_LIMITS.questionLength);
  const toldLimits = typeof told === "string" ? told : undefined;
  return { ...INITIAL_STATE, chat, draft: question, scroll, toldLimits, isLoaded: true };
}

function readChat(chat: unknown): ChatState | undefined {
  try {
    const message = readToChat({ type: "chatReplaced", chat });
    return message.type === "chatReplaced" ? message.chat : undefined;
  } catch (thrown) {
    if (thrown instanceof AppError) return undefined;
    throw thrown;
  }
}

function isRecord(
  value: unknown,
): value is Readonly<Record<"chat" | "draft" | "scroll" | "toldLimits" | "version", unknown>> {
  return typeof value === "object" && value !== null;
}

function isScroll(value: unknown): value is number | "end" {
  return value === "end" || (typeof value === "number" && Number.isFinite(value) && value >= 0);
}
