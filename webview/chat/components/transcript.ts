/** The conversation from its first question to its last answer, and how far it is scrolled. */

import type { ChatState, PictureView } from "../../../src/protocol/views/chatMessages";
import { element, setAttributes, setShown, type Part } from "../../render/dom";
import { KeyedList } from "../../render/keyedList";
import { isRunning, type PageState } from "../state";
import type { PageContext } from "./context";
import { shareOf } from "./engineBar";
import { createTurn, type TurnProps } from "./turn";

/** Nearer to the end than this, in CSS pixels, the transcript follows new text. */
const END_ZONE = 24;

/** A log that screen readers follow question by question. */
export function createTranscript(
  context: PageContext,
): Part<Pick<PageState, "chat" | "scroll" | "copiedTurnId">> {
  const root = element("div", {
    class: "transcript",
    role: "log",
    "aria-live": "polite",
    "aria-relevant": "additions",
    "aria-label": context.strings.conversation,
    // The keyboard can scroll it only when it can be reached.
    tabindex: 0,
  });
  const list = new KeyedList(root, {
    keyOf: ({ turn }: TurnProps) => turn.id,
    create: ({ turn }) => createTurn(context, turn.id),
  });
  const scroller = createScroller(root, context);
  let conversationId: string | undefined;
  return {
    element: root,
    update: ({ chat, scroll, copiedTurnId }) => {
      // A conversation that is opened again is no news; reading all its questions aloud would be.
      const isOther = chat.conversationId !== conversationId;
      conversationId = chat.conversationId;
      setAttributes(root, { "aria-live": isOther ? "off" : "polite" });
      list.update(propsOf(chat, copiedTurnId));
      setShown(root, { when: chat.turns.length > 0 });
      scroller.update({ scroll, isOther });
    },
  };
}

function propsOf(chat: ChatState, copiedTurnId: string | undefined): readonly TurnProps[] {
  const thumbnails = new Map(
    chat.pictures.map(({ id, thumbnail }: PictureView) => [id, thumbnail]),
  );
  const running = chat.turns.find(isRunning);
  return chat.turns.map((turn) => ({
    turn,
    thumbnail: thumbnails.get(turn.pictureId),
    isCopied: turn.id === copiedTurnId,
    loadShare: turn === running ? shareOf(chat.engine) : undefined,
  }));
}

interface ScrollProps {
  readonly scroll: number | "end";
  /** True when another conversation is shown than before. */
  readonly isOther: boolean;
}

/** Follows the end, or goes back once to where a conversation was left. */
function createScroller(
  root: HTMLElement,
  context: PageContext,
): Pick<Part<ScrollProps>, "update"> {
  let place: number | "end" = "end";
  const follow = (): void => {
    if (place === "end") root.scrollTop = root.scrollHeight;
  };
  root.addEventListener("scroll", () => {
    const left = root.scrollHeight - root.clientHeight - root.scrollTop;
    context.dispatch({ type: "scrolled", scroll: left <= END_ZONE ? "end" : root.scrollTop });
  });
  // The transcript also shrinks when the field below it grows. Only browsers have this class.
  if (typeof ResizeObserver !== "undefined") new ResizeObserver(follow).observe(root);
  return {
    update: ({ scroll, isOther }) => {
      place = scroll;
      if (isOther && place !== "end") root.scrollTop = place;
      follow();
    },
  };
}
