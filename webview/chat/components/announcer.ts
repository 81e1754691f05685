/** What a screen reader is told: what takes long, and whole answers, once each, and never a piece of one. */

import type { TurnView } from "../../../src/protocol/views/chatMessages";
import type { ChatStrings } from "../../../src/protocol/views/chatStrings";
import { doubtText } from "./turn";
import { stepText } from "./waiting";
import { element, type Part } from "../../render/dom";
import type { Announcement } from "../state";

export interface AnnouncerProps {
  readonly announcement: Announcement;
  readonly turns: readonly TurnView[];
  /** What the chosen model cannot do. */
  readonly limits: string;
  /** True when the name of a turn's picture tells it from others. */
  readonly hasSeveralPictures: boolean;
}

/** An invisible live region. */
export function createAnnouncer(strings: ChatStrings): Part<AnnouncerProps> {
  const root = element("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });
  let nth = 0;
  return {
    element: root,
    update: (props) => {
      if (props.announcement.nth === nth) return;
      nth = props.announcement.nth;
      // A new element each time: the same words again would be no change, and stay unsaid.
      root.replaceChildren(element("span", {}, [wordsOf(props, strings)]));
    },
  };
}

function wordsOf(props: AnnouncerProps, strings: ChatStrings): string {
  const { kind, turnId } = props.announcement;
  if (kind === "copied") return strings.copied;
  if (kind === "limits") return props.limits;
  const turn = props.turns.find(({ id }) => id === turnId);
  if (turn === undefined) return "";
  const words = kind === "stepLasts" ? stepText(turn, strings) : outcomeOf(turn, strings);
  return props.hasSeveralPictures ? `${turn.pictureName}: ${words}` : words;
}

function outcomeOf(turn: TurnView, strings: ChatStrings): string {
  if (turn.state === "failed") return turn.notice?.text ?? strings.failed;
  if (turn.state === "stopped") return [strings.stopped, turn.answer].filter(Boolean).join(". ");
  return [turn.answer, doubtText(turn, strings)].filter(Boolean).join(". ");
}
