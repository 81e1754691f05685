/** What is known of the picture that is shown: its place, what is wrong, and what stands around it. */

import type { ReviewItemView } from "../../../src/protocol/views/reviewMessages";
import type { ReviewStrings } from "../../../src/protocol/views/reviewStrings";
import { element, setAttributes, setShown, setText, type Part } from "../../render/dom";
import { fillIn } from "../../shell/strings";
import type { PageContext } from "../context";
import { currentItem, type PageState } from "../state";
import { decisionText } from "./announcer";
import { fitText } from "./fit";

export function createDetails(context: PageContext): Part<PageState> {
  const { strings } = context;
  const heading = createHeading(context);
  const message = element("p", { class: "message" });
  const decided = element("p", { class: "decided" });
  const facts = createFacts(strings);
  const source = createSource(strings);
  const root = element("div", { class: "details" }, [
    heading.element,
    message,
    decided,
    facts.element,
    source.element,
  ]);
  return {
    element: root,
    update: (state) => {
      const item = currentItem(state);
      setShown(root, { when: item !== undefined });
      if (item === undefined) return;
      const decision = state.decisions.get(item.id);
      heading.update(state);
      setText(message, item.message);
      setText(decided, decision === undefined ? "" : decisionText(decision, strings));
      setAttributes(decided, { "data-decision": decision?.kind });
      setShown(decided, { when: decision !== undefined });
      facts.update(state);
      source.update(item);
    },
  };
}

function createHeading({ strings, post }: PageContext): Part<PageState> {
  const name = element("h2", { class: "name" });
  const place = element("button", { class: "link", type: "button" });
  const size = element("span", { class: "quiet" });
  let id = "";
  place.addEventListener("click", () => {
    post({ type: "open", id });
  });
  return {
    element: element("div", { class: "heading" }, [
      name,
      element("p", { class: "where" }, [place, size]),
    ]),
    update: (state) => {
      const item = currentItem(state);
      if (item === undefined) return;
      ({ id } = item);
      const { width, height } = state.looks.get(id) ?? {};
      setText(name, item.name);
      setText(place, `${item.file}:${item.line}`);
      setAttributes(place, { title: fillIn(strings.openPlace, item.file, String(item.line)) });
      const isKnown = width !== undefined && height !== undefined;
      setText(size, isKnown ? fillIn(strings.size, String(width), String(height)) : "");
    },
  };
}

/** Pairs of a term and its words; those without words are left out. */
function createFacts(strings: ReviewStrings): Part<PageState> {
  const now = createFact(strings.now);
  const caption = createFact(strings.caption);
  const beside = createFact(strings.beside);
  const names = element("p", { class: "names" });
  const list = element("dl", { class: "facts" }, [
    ...now.elements,
    ...caption.elements,
    ...beside.elements,
  ]);
  return {
    element: element("div", {}, [list, names]),
    update: (state) => {
      const item = currentItem(state);
      if (item === undefined) return;
      const fit = fitText(state.proposals.get(item.id)?.nowFit, strings);
      now.update(item.now ?? strings.nowNothing, { note: fit, isQuiet: item.now === undefined });
      caption.update(item.caption ?? "");
      beside.update(item.beside ?? "");
      setText(names, namesText(item, strings));
      setShown(names, { when: item.names !== undefined });
    },
  };
}

function namesText({ names }: ReviewItemView, strings: ReviewStrings): string {
  if (names === undefined) return "";
  return names === "link" ? strings.ofLink : strings.ofButton;
}

interface Fact {
  readonly elements: readonly HTMLElement[];
  update(words: string, more?: { readonly note: string; readonly isQuiet: boolean }): void;
}

function createFact(term: string): Fact {
  const name = element("dt", {}, [term]);
  const words = element("span");
  const note = element("span", { class: "fit" });
  const value = element("dd", {}, [words, note]);
  return {
    elements: [name, value],
    update: (text, more) => {
      setText(words, text);
      setText(note, more?.note ?? "");
      setAttributes(words, { class: more?.isQuiet === true ? "quiet" : undefined });
      for (const part of [name, value]) setShown(part, { when: text !== "" });
    },
  };
}

function createSource(strings: ReviewStrings): Part<ReviewItemView> {
  const before = element("span");
  const picture = element("mark", { class: "source-picture" });
  const after = element("span");
  // It scrolls, so the keyboard must reach it.
  const code = element("pre", { class: "source", tabindex: 0, "aria-label": strings.source }, [
    before,
    picture,
    after,
  ]);
  setAttributes(code, { role: "group" });
  return {
    element: code,
    update: ({ source }) => {
      setText(before, source.before);
      setText(picture, source.picture);
      setText(after, source.after);
    },
  };
}
