/** What is reviewed, how far it is, which part of it is shown, and the button that writes. */

import type { ReviewQueueView } from "../../../src/protocol/views/reviewMessages";
import { element, setAttributes, setShown, setText, type Part } from "../../render/dom";
import { setEnabled } from "../../render/controls";
import { fillIn } from "../../shell/strings";
import type { PageContext } from "../context";
import { perform } from "../keys";
import { nToApply, shownItems, type Filter, type PageState } from "../state";
import { keyButton } from "./keyButton";

export function createHeader(context: PageContext): Part<PageState> {
  const { strings } = context;
  const title = element("h1", { class: "title" });
  const position = element("span", { class: "position" });
  const progress = createProgress(context);
  const filters = createFilters(context);
  const help = keyButton("help", strings.help);
  const apply = keyButton("apply", "", "primary");
  let shown: PageState | undefined;
  for (const { element: button } of [help, apply]) {
    button.addEventListener("click", () => {
      const deed = button === help.element ? "help" : "apply";
      if (shown !== undefined) perform(context, shown, deed);
    });
  }
  const root = element("header", { class: "header" }, [
    element("div", { class: "header-words" }, [title, position]),
    element("div", { class: "header-controls" }, [filters.element, help.element, apply.element]),
    progress.element,
  ]);
  return {
    element: root,
    update: (state) => {
      shown = state;
      const items = shownItems(state);
      const at = items.findIndex(({ id }) => id === state.currentId);
      setText(title, fillIn(strings.title, state.queue?.scope ?? ""));
      setShown(title, { when: state.queue !== undefined });
      setText(
        position,
        at < 0 ? "" : fillIn(strings.position, String(at + 1), String(items.length)),
      );
      const nWaiting = nToApply(state);
      apply.setWords(
        state.work === "apply" ? strings.applying : fillIn(strings.apply, String(nWaiting)),
      );
      setEnabled(apply.element, { when: nWaiting > 0 && state.work === "none" });
      filters.update(state);
      progress.update(state);
    },
  };
}

function createProgress({ strings }: PageContext): Part<PageState> {
  const filling = element("div", { class: "progress-filling" });
  const root = element("div", { class: "progress", role: "progressbar" }, [filling]);
  return {
    element: root,
    update: ({ queue, decisions, work }) => {
      const nAll = queue?.items.length ?? 0;
      const nDone = queue?.items.filter(({ id }) => decisions.has(id)).length ?? 0;
      const words = fillIn(strings.progress, String(nDone), String(nAll));
      const isWaiting = work !== "none";
      setAttributes(root, {
        "aria-label": isWaiting ? waitingText(work, strings) : words,
        "aria-valuemin": 0,
        "aria-valuemax": isWaiting ? undefined : nAll,
        "aria-valuenow": isWaiting ? undefined : nDone,
        "aria-valuetext": isWaiting ? undefined : words,
        "data-endless": isWaiting,
      });
      filling.style.width = isWaiting ? "" : `${nAll === 0 ? 0 : (100 * nDone) / nAll}%`;
    },
  };
}

function waitingText(work: PageState["work"], strings: PageContext["strings"]): string {
  if (work === "apply") return strings.applying;
  return work === "undo" ? strings.undoing : strings.searching;
}

function createFilters({ strings, dispatch }: PageContext): Part<PageState> {
  const rules = createSelect(strings.rules, strings.allRules);
  const files = createSelect(strings.files, strings.allFiles);
  const root = element("div", { class: "filters" }, [rules.element, files.element]);
  const change = (): void => {
    const filter: Filter = { rule: rules.value(), file: files.value() };
    dispatch({ type: "filterChanged", filter });
  };
  for (const { element: select } of [rules, files]) select.addEventListener("change", change);
  let known: ReviewQueueView | undefined;
  return {
    element: root,
    update: ({ queue, filter }) => {
      if (queue !== known) {
        known = queue;
        const items = queue?.items ?? [];
        rules.setOptions(new Map(items.map(({ rule, ruleTitle }) => [rule, ruleTitle])));
        files.setOptions(new Map(items.map(({ file }) => [file, file])));
      }
      rules.choose(filter.rule);
      files.choose(filter.file);
    },
  };
}

interface Select {
  readonly element: HTMLSelectElement;
  value(): string;
  /** Words by value; one alone is no choice. */
  setOptions(options: ReadonlyMap<string, string>): void;
  choose(value: string): void;
}

function createSelect(label: string, all: string): Select {
  const select = element("select", { class: "select", "aria-label": label, title: label });
  return {
    element: select,
    value: () => select.value,
    setOptions: (options) => {
      const rows = [["", all] as const, ...options];
      select.replaceChildren(
        ...rows.map(([value, words]) => element("option", { value }, [words])),
      );
      setShown(select, { when: options.size > 1 });
    },
    choose: (value) => {
      if (select.value !== value) select.value = value;
    },
  };
}
