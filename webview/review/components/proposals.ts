/** What could be written: texts of the model, one of which is chosen, or a field for one's own. */

import { REVIEW_LIMITS, type ProposalView } from "../../../src/protocol/views/reviewMessages";
import { element, setAttributes, setShown, setText, type Part } from "../../render/dom";
import { primaryButton, secondaryButton, textArea } from "../../render/controls";
import { KeyedList } from "../../render/keyedList";
import { fillIn } from "../../shell/strings";
import type { PageContext } from "../context";
import { decide } from "../keys";
import { currentItem, proposalsOf, type PageState } from "../state";
import { refusedWords } from "./announcer";
import { fitText } from "./fit";

export interface Proposals extends Part<PageState> {
  /** Puts the keyboard into the field, where one is written in. */
  focusField(): void;
}

export function createProposals(context: PageContext): Proposals {
  const { strings } = context;
  const choices = createChoices(context);
  const status = element("p", { class: "proposals-status" });
  const refused = element("p", { class: "refused" });
  const editor = createEditor(context);
  const root = element("section", { class: "proposals", "aria-label": strings.proposals }, [
    choices.element,
    status,
    editor.element,
    refused,
  ]);
  return {
    element: root,
    focusField: () => {
      editor.focus();
    },
    update: (state) => {
      const item = currentItem(state);
      setShown(root, { when: item !== undefined });
      const isEditing = state.draft !== undefined;
      const words = isEditing ? "" : statusText(state, context);
      choices.update(state);
      setShown(choices.element, { when: !isEditing && proposalsOf(state).length > 0 });
      setText(status, words);
      setShown(status, { when: words !== "" });
      editor.update(state);
      const why = refusedWords(state, strings);
      setText(refused, why);
      setShown(refused, { when: why !== "" });
    },
  };
}

function statusText(state: PageState, { strings }: PageContext): string {
  const item = currentItem(state);
  if (item === undefined) return "";
  if (!item.can.text) return strings.cannotText;
  const known = state.proposals.get(item.id);
  if (known === undefined || known.state === "waiting") return strings.proposalsWaiting;
  if (known.problem !== undefined) return `${known.problem} ${strings.noProposals}`;
  return known.texts.length === 0 ? strings.noProposals : "";
}

interface ChoiceProps {
  readonly proposal: ProposalView;
  readonly index: number;
  readonly isChosen: boolean;
}

function createChoices(context: PageContext): Part<PageState> {
  const { strings } = context;
  const rows = element("div", { class: "choices" });
  const list = new KeyedList<ChoiceProps>(rows, {
    keyOf: ({ proposal, index }) => `${index} ${proposal.text}`,
    create: ({ index }) => createChoice(context, index),
  });
  const legend = element("legend", { class: "legend" }, [strings.proposals]);
  return {
    element: element("fieldset", { class: "choice-set" }, [legend, rows]),
    update: (state) => {
      list.update(
        proposalsOf(state).map((proposal, index) => {
          return { proposal, index, isChosen: index === state.chosen };
        }),
      );
    },
  };
}

function createChoice({ strings, dispatch }: PageContext, index: number): Part<ChoiceProps> {
  const radio = element("input", { type: "radio", name: "proposal", class: "radio" });
  const key = element("kbd", { class: "key", "aria-hidden": "true" }, [String(index + 1)]);
  const words = element("span", { class: "choice-text" });
  const fit = element("span", { class: "fit" });
  const doubt = element("span", { class: "doubt" });
  const root = element("label", { class: "choice" }, [
    radio,
    element("span", { class: "choice-words" }, [words, fit, doubt]),
    key,
  ]);
  radio.addEventListener("change", () => {
    dispatch({ type: "proposalChosen", index });
  });
  return {
    element: root,
    update: ({ proposal, isChosen }) => {
      setText(words, proposal.text);
      setText(fit, fitText(proposal.fit, strings));
      setText(doubt, proposal.doubts.map((one) => strings[one]).join(" "));
      if (radio.checked !== isChosen) radio.checked = isChosen;
      setAttributes(root, { "data-chosen": isChosen });
    },
  };
}

interface TextEditor extends Part<PageState> {
  focus(): void;
}

function createEditor(context: PageContext): TextEditor {
  const { strings, dispatch } = context;
  const field = textArea(strings.altText, REVIEW_LIMITS.textLength);
  const save = primaryButton(strings.save);
  const cancel = secondaryButton(strings.cancel);
  const long = element("p", { class: "quiet long" });
  const root = element("div", { class: "editor", hidden: true }, [
    field,
    long,
    element("div", { class: "editor-buttons" }, [save, cancel]),
  ]);
  let shown: PageState | undefined;
  const submit = (): void => {
    const text = (shown?.draft ?? "").trim();
    if (shown !== undefined && text !== "") decide(context, shown, { kind: "text", text });
  };
  const leave = (): void => {
    dispatch({ type: "draftChanged", draft: undefined });
  };
  field.addEventListener("input", () => {
    dispatch({ type: "draftChanged", draft: field.value });
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" || event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      if (event.key === "Enter") submit();
      else leave();
    }
  });
  save.addEventListener("click", submit);
  cancel.addEventListener("click", leave);
  return {
    element: root,
    focus: () => {
      field.focus();
    },
    update: (state) => {
      shown = state;
      const { draft } = state;
      setShown(root, { when: draft !== undefined });
      if (draft === undefined) return;
      if (field.value !== draft) field.value = draft;
      const nCharacters = Array.from(draft).length;
      const isLong = nCharacters > (state.queue?.longFrom ?? Infinity);
      setText(long, isLong ? fillIn(strings.long, String(nCharacters)) : "");
      setShown(long, { when: isLong });
    },
  };
}
