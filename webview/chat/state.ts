/** What the page shows, and how each message and each deed of the user changes it; pure. */

import { assertNever } from "../../src/base/assert";
import type {
  ChatState,
  NoticeView,
  PictureView,
  ToChat,
  TurnView,
} from "../../src/protocol/views/chatMessages";

export interface PageState {
  /** What the extension said last. */
  readonly chat: ChatState;
  /** False until the first chat came, so that the page does not greet somebody who has a conversation. */
  readonly isLoaded: boolean;
  /** The question as far as it is typed. */
  readonly draft: string;
  /** Of the transcript, in CSS pixels; `end` follows new text. */
  readonly scroll: number | "end";
  readonly isHistoryOpen: boolean;
  readonly notice: NoticeView | undefined;
  /** Dropped or pasted pictures that are still being read. */
  readonly nPending: number;
  readonly copiedTurnId: string | undefined;
  readonly announcement: Announcement;
  /** What the chosen model cannot do, as far as a screen reader was told: once, not at each showing. */
  readonly toldLimits: string | undefined;
  /** Each further request moves the keyboard into the question's field once. */
  readonly nFocusRequests: number;
}

/** What a screen reader is told next; a higher number is a new one, even with the same words. */
export interface Announcement {
  readonly nth: number;
  readonly kind: "nothing" | "turnEnded" | "stepLasts" | "copied" | "limits";
  /** Of the turn that ended, or that waits. */
  readonly turnId?: string;
}

export type Action = ToChat | LocalAction;

/** What happens on the page itself. */
export type LocalAction =
  | { readonly type: "draftChanged"; readonly draft: string }
  | { readonly type: "questionAsked" }
  | { readonly type: "scrolled"; readonly scroll: number | "end" }
  | { readonly type: "historyClosed" }
  | { readonly type: "noticeClosed" }
  | { readonly type: "picturesPending"; readonly count: number }
  | { readonly type: "picturesRead"; readonly count: number }
  /** What a turn waits for takes long enough to be told. */
  | { readonly type: "stepLasts"; readonly turnId: string }
  | { readonly type: "answerCopied"; readonly turnId: string }
  | { readonly type: "copyForgotten"; readonly turnId: string };

/** The page before it knows anything. */
export const INITIAL_STATE: PageState = {
  chat: {
    conversationId: "",
    pictures: [],
    turns: [],
    suggestions: [],
    history: [],
    engine: { kind: "off", label: "" },
  },
  isLoaded: false,
  draft: "",
  scroll: "end",
  isHistoryOpen: false,
  notice: undefined,
  nPending: 0,
  copiedTurnId: undefined,
  announcement: { nth: 0, kind: "nothing" },
  toldLimits: undefined,
  nFocusRequests: 0,
};

/** The state after an action. What does not fit, such as text of an unknown turn, changes nothing. */
export function reduce(state: PageState, action: Action): PageState {
  switch (action.type) {
    case "chatReplaced":
      return replaceChat(state, action.chat);
    case "picturesChanged":
      return inChat(state, { pictures: action.pictures });
    case "turnAdded":
      return addTurn(state, action.turn);
    case "textEmitted":
      return emitText(state, action);
    case "turnChanged":
      return changeTurn(state, action.turn);
    case "suggestionsChanged":
      return inChat(state, { suggestions: action.suggestions });
    case "historyChanged":
      return inChat(state, { history: action.history });
    case "engineChanged":
      return showLimits(inChat(state, { engine: action.engine }));
    case "composerFocused":
      return { ...state, isHistoryOpen: false, nFocusRequests: state.nFocusRequests + 1 };
    case "historyToggled":
      return { ...state, isHistoryOpen: !state.isHistoryOpen };
    case "noticeShown":
      return { ...state, notice: action.notice };
    default:
      return reduceLocal(state, action);
  }
}

/** True while a question waits for its answer or receives it. */
export function isAnswering(chat: ChatState): boolean {
  return chat.turns.some(isRunning);
}

/** True until the turn has its whole answer or will not get one. */
export function isRunning(turn: TurnView): boolean {
  return turn.state === "waiting" || turn.state === "streaming";
}

/** The pictures that a question would be about. */
export function askedPictures(chat: ChatState): readonly PictureView[] {
  return chat.pictures.filter((picture) => picture.isSelected && picture.problem === undefined);
}

/** True when there is something to ask about and something that could answer. */
export function canAsk(chat: ChatState): boolean {
  return askedPictures(chat).length > 0 && chat.engine.kind !== "unsupported";
}

function reduceLocal(state: PageState, action: LocalAction): PageState {
  switch (action.type) {
    case "draftChanged":
      return { ...state, draft: action.draft };
    case "questionAsked":
      return { ...state, draft: "", scroll: "end", notice: undefined };
    case "scrolled":
      return state.scroll === action.scroll ? state : { ...state, scroll: action.scroll };
    case "historyClosed":
      return { ...state, isHistoryOpen: false };
    case "noticeClosed":
      return { ...state, notice: undefined };
    case "picturesPending":
      return { ...state, nPending: state.nPending + action.count };
    case "picturesRead":
      return { ...state, nPending: Math.max(0, state.nPending - action.count) };
    case "stepLasts":
      return announce(state, { kind: "stepLasts", turnId: action.turnId });
    case "answerCopied":
      return { ...announce(state, { kind: "copied" }), copiedTurnId: action.turnId };
    case "copyForgotten":
      return state.copiedTurnId === action.turnId ? { ...state, copiedTurnId: undefined } : state;
    default:
      return assertNever(action);
  }
}

/** What was typed stays; the place in the transcript only while it is the same conversation. */
function replaceChat(state: PageState, chat: ChatState): PageState {
  const isSame = chat.conversationId === state.chat.conversationId;
  const kept = isSame ? state : { ...state, scroll: "end" as const, copiedTurnId: undefined };
  return showLimits({ ...kept, chat, isLoaded: true });
}

function showLimits(state: PageState): PageState {
  const limits = state.chat.engine.limits?.text;
  if (limits === state.toldLimits) return state;
  const known = { ...state, toldLimits: limits };
  return limits === undefined ? known : announce(known, { kind: "limits" });
}

function addTurn(state: PageState, turn: TurnView): PageState {
  const { turns } = state.chat;
  if (turns.some(({ id }) => id === turn.id)) return changeTurn(state, turn);
  return { ...inChat(state, { turns: [...turns, turn] }), scroll: "end" };
}

function emitText(state: PageState, piece: { turnId: string; text: string }): PageState {
  return withTurn(state, piece.turnId, (turn) =>
    isRunning(turn) ? { ...turn, state: "streaming", answer: turn.answer + piece.text } : turn,
  );
}

function changeTurn(state: PageState, turn: TurnView): PageState {
  const before = state.chat.turns.find(({ id }) => id === turn.id);
  if (before === undefined) return state;
  const changed = withTurn(state, turn.id, () => turn);
  const hasEnded = isRunning(before) && !isRunning(turn);
  return hasEnded ? announce(changed, { kind: "turnEnded", turnId: turn.id }) : changed;
}

function withTurn(
  state: PageState,
  turnId: string,
  change: (turn: TurnView) => TurnView,
): PageState {
  const { turns } = state.chat;
  const before = turns.find(({ id }) => id === turnId);
  if (before === undefined) return state;
  const after = change(before);
  if (after === before) return state;
  return inChat(state, { turns: turns.map((turn) => (turn === before ? after : turn)) });
}

function inChat(state: PageState, changes: Partial<ChatState>): PageState {
  return { ...state, chat: { ...state.chat, ...changes } };
}

function announce(state: PageState, what: Omit<Announcement, "nth">): PageState {
  return { ...state, announcement: { ...what, nth: state.announcement.nth + 1 } };
}
