/** Where questions are typed: the pictures they are about, the field, and what can be done from there. */

import { VIEW_LIMITS } from "../../../src/protocol/views/chatMessages";
import type { ChatStrings } from "../../../src/protocol/views/chatStrings";
import type { PageContext } from "./context";
import { iconButton, setEnabled, setLabel, textArea, type TextArea } from "../../render/controls";
import { createEngineBar } from "./engineBar";
import { createImageTray } from "./imageTray";
import { element, type Part, setAttributes, setShown } from "../../render/dom";
import { askedPictures, canAsk, isAnswering, type PageState } from "../state";
import { fillIn } from "../../shell/strings";

export interface Composer extends Part<PageState> {
  focus(): void;
}

export function createComposer(context: PageContext): Composer {
  const { strings, post } = context;
  const tray = createImageTray(context);
  const engine = createEngineBar(context);
  const add = iconButton("add", strings.addPicture);
  add.addEventListener("click", () => {
    post({ type: "pickPictures" });
  });
  const question = createQuestion(context);
  const root = element("div", { class: "composer" }, [
    engine.progress,
    tray.element,
    question.field,
    element("div", { class: "composer-bar" }, [
      add,
      engine.button,
      element("span", { class: "composer-gap" }),
      question.stop,
      question.ask,
    ]),
  ]);
  return {
    element: root,
    focus: () => {
      question.field.focus();
    },
    update: (state) => {
      tray.update({ pictures: state.chat.pictures, nPending: state.nPending });
      engine.update(state.chat.engine);
      question.update(state);
    },
  };
}

interface Question {
  readonly field: TextArea;
  readonly ask: HTMLElement;
  readonly stop: HTMLElement;
  update(state: PageState): void;
}

function createQuestion(context: PageContext): Question {
  const { strings, dispatch, post } = context;
  const field = textArea(strings.questionLabel, VIEW_LIMITS.questionLength);
  const ask = iconButton("arrowUp", strings.ask);
  const stop = iconButton("stop", strings.stop);
  ask.classList.add("ask");
  stop.classList.add("stop");
  let shown: PageState | undefined;
  const submit = (): void => {
    if (shown !== undefined) submitQuestion(context, shown);
    field.focus();
  };
  field.addEventListener("input", () => {
    dispatch({ type: "draftChanged", draft: field.value });
  });
  field.addEventListener("keydown", (event) => {
    // While an input method composes a word, Enter chooses among its proposals.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  ask.addEventListener("click", submit);
  stop.addEventListener("click", () => {
    post({ type: "stop" });
    field.focus();
  });
  return {
    field,
    ask,
    stop,
    update: (state) => {
      shown = state;
      updateQuestion({ field, ask, stop }, state, strings);
    },
  };
}

function updateQuestion(
  { field, ask, stop }: Pick<Question, "field" | "ask" | "stop">,
  state: PageState,
  strings: ChatStrings,
): void {
  const { chat, draft } = state;
  const isRunning = isAnswering(chat);
  const hasPicture = askedPictures(chat).length > 0;
  if (field.value !== draft) field.value = draft;
  setAttributes(field, {
    placeholder: hasPicture ? invitationOf(state, strings) : strings.questionPlaceholderNoPicture,
  });
  // A further question may be typed and asked while an answer comes.
  setShown(ask, { when: !isRunning || draft.trim() !== "" });
  setShown(stop, { when: isRunning });
  setEnabled(ask, { when: draft.trim() !== "" && canAsk(chat) });
  setLabel(ask, strings.ask);
  setAttributes(ask, { title: obstacleOf(state, strings) ?? strings.ask });
}

/** Names a question of the kind that this model answers. */
function invitationOf({ chat }: PageState, strings: ChatStrings): string {
  const { example } = chat.engine;
  return example === undefined
    ? strings.questionLabel
    : fillIn(strings.questionPlaceholder, example);
}

function submitQuestion({ strings, dispatch, post }: PageContext, state: PageState): void {
  const question = state.draft.trim();
  if (question === "") return;
  const obstacle = obstacleOf(state, strings);
  if (obstacle !== undefined) {
    dispatch({ type: "noticeShown", notice: { text: obstacle, actions: [] } });
    return;
  }
  dispatch({ type: "questionAsked" });
  post({ type: "ask", question });
}

/** Why no question can be asked now. */
function obstacleOf({ chat }: PageState, strings: ChatStrings): string | undefined {
  if (canAsk(chat)) return undefined;
  if (chat.engine.kind === "unsupported") return chat.engine.detail ?? chat.engine.label;
  return strings.questionPlaceholderNoPicture;
}
