/** The page of found pictures: what was searched, the grid, and what can be done with one picture. */

import { secondaryButton } from "../render/controls";
import { element, setAttributes, setShown, setText, type Part } from "../render/dom";
import type { PageContext } from "./components/context";
import { createDetailBar } from "./components/detailBar";
import { createGrid } from "./components/grid";
import { itemOf } from "./rows";
import type { ResultsState } from "./state";

/** Builds the page; nothing is shown before the first update. */
export function createPage(context: PageContext): Part<ResultsState> {
  const header = createHeader(context);
  const grid = createGrid(context);
  const empty = element("p", { class: "empty" });
  const detail = createDetailBar(context);
  const announcer = element("div", { class: "visually-hidden", role: "status" });
  const root = element("main", { class: "results" }, [
    header.element,
    empty,
    grid.element,
    detail.element,
    announcer,
  ]);
  let told = 0;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) context.post({ type: "stop" });
  });
  return {
    element: root,
    update: (state) => {
      const { results } = state;
      const isKnown = results !== undefined && results.title !== "";
      const isEmpty = !isKnown || (results.sections.length === 0 && results.skipped.length === 0);
      header.update(state);
      setText(empty, isKnown ? context.strings.nothingFound : context.strings.waiting);
      setShown(empty, { when: isEmpty });
      setShown(grid.element, { when: !isEmpty });
      if (isKnown) grid.update(state);
      const item = itemOf(grid.rows, state.cell ?? grid.rows[0]?.cells[0]);
      detail.update({ item, actions: results?.actions ?? [] });
      setShown(detail.element, { when: !isEmpty });
      if (state.told.nth === told) return;
      told = state.told.nth;
      // A new element each time: the same words again would be no change, and stay unsaid.
      announcer.replaceChildren(element("span", {}, [state.told.text]));
    },
  };
}

function createHeader({ strings, post }: PageContext): Part<ResultsState> {
  const title = element("h1", { class: "results-title" });
  const words = element("span", { class: "progress-words" });
  const filling = element("div", { class: "progress-filling" });
  const bar = element("div", { class: "progress", role: "presentation" }, [filling]);
  const stop = secondaryButton(strings.stop);
  stop.addEventListener("click", () => {
    post({ type: "stop" });
  });
  const progress = element("div", { class: "progress-line" }, [words, bar, stop]);
  const again = secondaryButton(strings.again);
  again.addEventListener("click", () => {
    post({ type: "again" });
  });
  const stale = element("div", { class: "progress-line" }, [
    element("span", { class: "progress-words" }, [strings.stale]),
    again,
  ]);
  return {
    element: element("header", { class: "results-header" }, [title, progress, stale]),
    update: (state) => {
      setText(title, state.results?.title ?? "");
      setText(words, state.progress?.text ?? "");
      setShown(progress, { when: state.progress !== undefined });
      setShown(stale, { when: state.isStale && state.progress === undefined });
      const share = state.progress?.share;
      setAttributes(bar, { "data-endless": share === undefined });
      filling.style.width = share === undefined ? "" : `${Math.round(share * 100)}%`;
    },
  };
}
