/** Chats, pictures and turns as the page gets them. */

import type { ChatState, PictureView, TurnView } from "../../src/protocol/views/chatMessages";

export function chatOf(changes: Partial<ChatState> = {}): ChatState {
  return {
    conversationId: "c",
    pictures: [],
    turns: [],
    suggestions: [],
    history: [],
    engine: { kind: "ready", label: "demo · CPU" },
    ...changes,
  };
}

/** A selected picture without a thumbnail. */
export function pictureOf(id: string, changes: Partial<PictureView> = {}): PictureView {
  return { id, name: `${id}.png`, isSelected: true, ...changes };
}

/** A turn with a whole answer. */
export function turnOf(id: string, changes: Partial<TurnView> = {}): TurnView {
  return {
    id,
    pictureId: "p",
    pictureName: "p.png",
    kind: "question",
    question: "what is it?",
    answer: "a dog",
    state: "done",
    ...changes,
  };
}
