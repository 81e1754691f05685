/** One question with its answer, and what can be done with them. */

import type { TurnView } from "../../../src/protocol/views/chatMessages";
import type { ChatStrings } from "../../../src/protocol/views/chatStrings";
import type { PageContext } from "./context";
import { iconButton, setLabel } from "../../render/controls";
import { createNotice } from "./notice";
import { createPicture } from "../../render/picture";
import { createWaiting } from "./waiting";
import { element, type Part, setAttributes, setShown, setText } from "../../render/dom";
import { icon } from "../../render/icons";
import { isRunning } from "../state";
import { fillIn } from "../../shell/strings";
import { describeSeconds } from "../../shell/when";

export interface TurnProps {
  readonly turn: TurnView;
  /** Of its picture, when that is still in the tray. */
  readonly thumbnail: string | undefined;
  /** True for a moment after its answer was copied. */
  readonly isCopied: boolean;
  /** How much of the model it waits for is loaded, from 0 to 1. */
  readonly loadShare: number | undefined;
}

/** For how long the button says that it did its work. */
const COPIED_MS = 2000;

export function createTurn(context: PageContext, turnId: string): Part<TurnProps> {
  const request = createRequest();
  const response = createResponse(context);
  const actions = createActions(context, turnId);
  const root = element("article", { class: "turn" }, [
    request.element,
    element("div", { class: "response" }, [response.element, actions.element]),
  ]);
  let last: TurnProps | undefined;
  return {
    element: root,
    update: (props) => {
      if (last !== undefined && isSame(last, props)) return;
      last = props;
      setAttributes(root, {
        "data-state": props.turn.state,
        "aria-busy": isRunning(props.turn) ? "true" : "false",
      });
      request.update(props);
      response.update(props);
      actions.update(props);
    },
  };
}

function isSame(a: TurnProps, b: TurnProps): boolean {
  return (
    a.turn === b.turn &&
    a.thumbnail === b.thumbnail &&
    a.isCopied === b.isCopied &&
    a.loadShare === b.loadShare
  );
}

function createRequest(): Part<TurnProps> {
  const picture = createPicture("turn-picture");
  const name = element("span", { class: "turn-name" });
  const question = element("h2", { class: "turn-question" });
  return {
    element: element("div", { class: "request" }, [
      picture.element,
      element("div", { class: "request-words" }, [name, question]),
    ]),
    update: ({ turn, thumbnail }) => {
      picture.update(thumbnail);
      setText(name, turn.pictureName);
      setText(question, turn.question);
      setAttributes(name, { title: turn.pictureName });
    },
  };
}

function createResponse(context: PageContext): Part<TurnProps> {
  const { strings } = context;
  // The announcer says the whole answer; here each piece of it would interrupt the one before.
  const answer = element("div", { class: "answer", "aria-live": "off" });
  const waiting = createWaiting(context);
  const stopped = element("p", { class: "stopped" }, [icon("stop"), strings.stopped]);
  const doubt = element("p", { class: "doubt" });
  const notice = createNotice(context);
  return {
    element: element("div", {}, [answer, doubt, waiting.element, stopped, notice.element]),
    update: ({ turn, loadShare }) => {
      setText(answer, turn.answer);
      setShown(answer, { when: turn.answer !== "" });
      setText(doubt, doubtText(turn, strings));
      setShown(doubt, { when: turn.doubts !== undefined && turn.doubts.length > 0 });
      waiting.update({ turn, loadShare });
      setShown(stopped, { when: turn.state === "stopped" });
      notice.update(noticeOf(turn, strings.failed));
    },
  };
}

/** Why an answer may mean nothing, for eyes and for the announcer. */
export function doubtText({ doubts = [] }: TurnView, strings: ChatStrings): string {
  return doubts.map((doubt) => strings[doubt]).join(" ");
}

function noticeOf(turn: TurnView, failed: string): TurnView["notice"] {
  if (turn.state !== "failed") return undefined;
  return turn.notice ?? { text: failed, actions: [] };
}

function createActions(context: PageContext, turnId: string): Part<TurnProps> {
  const { strings, locale } = context;
  const buttons = createButtons(context, turnId);
  const duration = element("span", { class: "duration" });
  return {
    element: element("div", { class: "turn-actions" }, [buttons.element, duration]),
    update: (props) => {
      const { state, durationMs, server } = props.turn;
      buttons.update(props);
      const isTimed = state === "done" && durationMs !== undefined && Number.isFinite(durationMs);
      const facts = [
        ...(server === undefined ? [] : [fillIn(strings.fromServer, server)]),
        ...(isTimed ? [fillIn(strings.seconds, describeSeconds(durationMs, locale))] : []),
      ];
      setText(duration, facts.join(" · "));
    },
  };
}

function createButtons(context: PageContext, turnId: string): Part<TurnProps> {
  const { strings, post, dispatch, after } = context;
  const copy = iconButton("copy", strings.copy);
  const insert = iconButton("insert", strings.insert);
  const retry = iconButton("retry", strings.retry);
  copy.append(icon("check"));
  copy.addEventListener("click", () => {
    post({ type: "copy", turnId });
    dispatch({ type: "answerCopied", turnId });
    after(COPIED_MS, () => {
      dispatch({ type: "copyForgotten", turnId });
    });
  });
  insert.addEventListener("click", () => {
    post({ type: "insert", turnId });
  });
  retry.addEventListener("click", () => {
    post({ type: "retry", turnId });
  });
  return {
    element: element("div", { class: "turn-buttons" }, [copy, insert, retry]),
    update: ({ turn, isCopied }) => {
      const hasEnded = !isRunning(turn);
      for (const button of [copy, insert]) {
        setShown(button, { when: hasEnded && turn.answer !== "" });
      }
      setShown(retry, { when: hasEnded });
      setLabel(copy, isCopied ? strings.copied : strings.copy);
      setAttributes(copy, { "data-done": isCopied });
    },
  };
}
