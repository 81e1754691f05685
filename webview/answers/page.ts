/** The page of one question about many pictures: the question, how far it is, and the table. */

import { secondaryButton } from "../render/controls";
import { element, setAttributes, setShown, setText, type Part } from "../render/dom";
import { fillIn } from "../shell/strings";
import type { PageContext } from "./components/context";
import { createTable } from "./components/table";
import type { AnswersState } from "./state";

/** Builds the page; nothing is shown before the first update. */
export function createPage(context: PageContext): Part<AnswersState> {
  const { strings, post } = context;
  const title = element("h1", { class: "results-title" });
  const place = element("p", { class: "answers-place" });
  const progress = createProgress(context);
  const tools = createTools(context);
  const table = createTable(context);
  const root = element("main", { class: "results" }, [
    element("header", { class: "results-header" }, [title, place, progress.element, tools.element]),
    table.element,
  ]);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) post({ type: "stop" });
  });
  return {
    element: root,
    update: (state) => {
      const { answers, rows } = state;
      setText(title, answers?.question === "" ? "" : (answers?.question ?? strings.waiting));
      setText(place, answers?.place ?? "");
      progress.update(state);
      table.update(state);
      tools.update({ ...state, nShown: table.nShown, nAll: rows.size });
    },
  };
}

function createProgress({ strings, post }: PageContext): Part<AnswersState> {
  const words = element("span", { class: "progress-words" });
  const told = element("span", { class: "visually-hidden", role: "status" });
  let nToldQuarter = -1;
  const filling = element("div", { class: "progress-filling" });
  const bar = element("div", { class: "progress" }, [filling]);
  const stop = secondaryButton(strings.stop);
  stop.addEventListener("click", () => {
    post({ type: "stop" });
  });
  const goOn = secondaryButton(strings.goOn);
  goOn.addEventListener("click", () => {
    post({ type: "goOn" });
  });
  return {
    element: element("div", { class: "progress-line" }, [words, told, bar, stop, goOn]),
    update: ({ progress, rows }) => {
      const isLeft = [...rows.values()].some(({ answer }) => answer === undefined);
      setText(words, progress?.text ?? "");
      // Each picture of hundreds would drown a screen reader.
      const nQuarter = progress === undefined ? -1 : Math.floor(4 * (progress.share ?? 0));
      if (nQuarter !== nToldQuarter && progress !== undefined) setText(told, progress.text);
      nToldQuarter = nQuarter;
      setShown(words, { when: progress !== undefined });
      setShown(bar, { when: progress !== undefined });
      setShown(stop, { when: progress !== undefined });
      setShown(goOn, { when: progress === undefined && isLeft });
      setAttributes(bar, { "data-endless": progress?.share === undefined });
      const share = progress?.share;
      filling.style.width = share === undefined ? "" : `${Math.round(share * 100)}%`;
    },
  };
}

type ToolProps = AnswersState & { readonly nShown: number; readonly nAll: number };

function createTools({ strings, post, dispatch }: PageContext): Part<ToolProps> {
  const filter = element("input", {
    class: "answers-filter",
    type: "text",
    "aria-label": strings.filter,
    placeholder: strings.filter,
  });
  filter.addEventListener("input", () => {
    dispatch({ type: "filtered", filter: filter.value });
  });
  const count = element("span", { class: "progress-words", role: "status" });
  const exportCsv = secondaryButton(strings.exportCsv);
  exportCsv.addEventListener("click", () => {
    post({ type: "exportCsv" });
  });
  return {
    element: element("div", { class: "answers-tools" }, [filter, count, exportCsv]),
    update: ({ filter: text, nShown, nAll }) => {
      if (filter.value !== text) filter.value = text;
      setText(count, fillIn(strings.shown, String(nShown), String(nAll)));
    },
  };
}
