/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { FromAnswers } from "../../../../src/protocol/views/answersMessages";
import { createPage } from "../../../../webview/answers/page";
import {
  type AnswersAction,
  type AnswersState,
  INITIAL_STATE,
  reduce,
} from "../../../../webview/answers/state";
import { ANSWERS_NAMES } from "../../../../webview/answers/strings";
import { freshDocument, press, send } from "../../../helpers/pageDocument";

const ROWS = Array.from({ length: 500 }, (_, i) => ({
  id: `a/${i}.png`,
  name: `${i}.png`,
  folder: "a",
}));

function openPage() {
  freshDocument();
  const posted: FromAnswers[] = [];
  const later: (() => void)[] = [];
  let state: AnswersState = INITIAL_STATE;
  const dispatch = (action: AnswersAction): void => {
    state = reduce(state, action);
    page.update(state);
  };
  const page = createPage({
    strings: { ...ANSWERS_NAMES, shown: "{0} of {1}" },
    locale: "en",
    dispatch,
    post: (message) => posted.push(message),
    now: () => 0,
    after: (_, work) => later.push(work),
  });
  document.body.append(page.element);
  page.update(state);
  dispatch({
    type: "answersReplaced",
    answers: { id: "1", question: "what?", place: "a", rows: ROWS },
  });
  const one = (selector: string): HTMLElement => {
    const found = document.querySelector<HTMLElement>(selector);
    assert.ok(found, selector);
    return found;
  };
  return {
    ...{ posted, dispatch, one },
    rows: () => [...document.querySelectorAll<HTMLElement>("[data-row]")],
    focused: () => (document.activeElement as HTMLElement).dataset["row"],
    settle: () => {
      for (const work of later.splice(0)) work();
    },
  };
}

describe("the page of one question about many pictures", () => {
  it("makes elements and small copies of what is in sight, and says how many rows there are", () => {
    const { rows, one, posted, settle } = openPage();
    assert.ok(rows().length > 8 && rows().length < 40, String(rows().length));
    assert.equal(one("[role=grid]").getAttribute("aria-rowcount"), "501");
    const indexes = [...document.querySelectorAll("[role=row]")].map((row) =>
      Number(row.getAttribute("aria-rowindex")),
    );
    assert.deepEqual(
      indexes,
      indexes.map((_, i) => i + 1),
    );
    settle();
    const [wanted] = posted;
    assert.ok(wanted?.type === "wantThumbnails");
    assert.ok(wanted.itemIds.includes("a/0.png") && wanted.itemIds.length < 40);
  });

  it("is walked through with the keyboard from one end to the other, and opens with Enter", () => {
    const { rows, one, posted, focused } = openPage();
    rows()[0]?.focus();
    press("ArrowDown");
    assert.equal(focused(), "a/1.png");
    press("End");
    assert.equal(focused(), "a/499.png");
    assert.equal(one('[data-row="a/499.png"]').getAttribute("aria-rowindex"), "501");
    assert.ok(rows().length < 40);
    press("PageUp");
    const page = Number(focused()?.slice(2, -4));
    assert.ok(page < 499 && page > 450, String(page));
    press("Enter");
    assert.deepEqual(posted.at(-1), { type: "open", itemId: `a/${page}.png` });
    // One row is reached with Tab.
    assert.equal(document.querySelectorAll('[data-row][tabindex="0"]').length, 1);
  });

  it("keeps the keyboard where it is while answers come, in the order of the answers too", () => {
    const { dispatch, rows, focused, one } = openPage();
    rows()[0]?.focus();
    press("ArrowDown");
    one(".cell-answer .answers-sort").click();
    for (const [i, { id, name, folder }] of ROWS.slice(0, 300).entries()) {
      const answer = `answer ${300 - i}`;
      dispatch({ type: "rowsChanged", rows: [{ id, name, folder, answer }] });
    }
    assert.equal(focused(), "a/1.png");
    assert.equal(document.querySelectorAll('[data-row][tabindex="0"]').length, 1);
    const first = rows().find((row) => row.getAttribute("aria-rowindex") === "2");
    assert.equal(first?.dataset["row"], "a/299.png");
  });

  it("says how many rows a filter leaves", () => {
    const { one } = openPage();
    const filter = one("input") as HTMLInputElement;
    filter.value = "49";
    send(filter, "input");
    const count = one(".answers-tools [role=status]");
    // 49, 149 … 449 and 490 to 499.
    assert.equal(count.textContent, "15 of 500");
  });

  it("tells a screen reader each quarter and not each picture; Stop and Go On take turns", () => {
    const { dispatch, one, posted } = openPage();
    const said = new Set<string>();
    for (let nDone = 0; nDone <= 500; nDone++) {
      const progress = { text: `${nDone} of 500`, share: nDone / 500 };
      dispatch({ type: "progressChanged", progress });
      assert.equal(one(".progress-words").textContent, progress.text);
      said.add(one(".progress-line [role=status]").textContent);
    }
    assert.deepEqual(
      [...said],
      ["0 of 500", "125 of 500", "250 of 500", "375 of 500", "500 of 500"],
    );
    const shown = (): string[] =>
      [...document.querySelectorAll<HTMLElement>(".progress-line > [appearance]")]
        .filter(({ hidden }) => !hidden)
        .map(({ textContent }) => textContent);
    assert.deepEqual(shown(), ["stop"]);
    press("Escape");
    assert.deepEqual(posted.at(-1), { type: "stop" });
    dispatch({ type: "progressChanged" });
    assert.deepEqual(shown(), ["goOn"]);
  });
});
